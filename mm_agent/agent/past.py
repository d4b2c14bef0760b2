"""What was said before, read from a thread's messages: for showing, saving and taking back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage

from mm_agent.agent.answer import ToolUse
from mm_agent.agent.message import Medium, media_of, question_of


@dataclass(frozen=True)
class PastTurn:
    """A question, the media that came with it, the tool calls, and the answer; empty when it was stopped."""

    question: str
    media: tuple[Medium, ...]
    tool_calls: tuple[ToolUse, ...]
    text: str


def past_turns(messages: Sequence[BaseMessage]) -> list[PastTurn]:
    """The turns of a conversation, in order."""
    return [
        PastTurn(question_of(first), media_of(first), _tool_uses(after), _last_words(after))
        for first, after in rounds(messages)
    ]


def rounds(messages: Sequence[BaseMessage]) -> list[tuple[HumanMessage, list[BaseMessage]]]:
    """Each question with the messages that follow it."""
    found: list[tuple[HumanMessage, list[BaseMessage]]] = []
    for message in messages:
        if isinstance(message, HumanMessage):
            found.append((message, []))
        elif found:
            found[-1][1].append(message)
    return found


def last_round(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The last question and all that follows it."""
    starts = [index for index, message in enumerate(messages) if isinstance(message, HumanMessage)]
    return list(messages[starts[-1] :]) if starts else []


def _tool_uses(messages: Sequence[BaseMessage]) -> tuple[ToolUse, ...]:
    calls = {
        call["id"]: call
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    }
    return tuple(
        ToolUse(
            name=str(message.name or calls.get(message.tool_call_id, {}).get("name", "")),
            args=dict(calls.get(message.tool_call_id, {}).get("args", {})),
            result_text=str(message.text),
            artifact=message.artifact if isinstance(message.artifact, dict) else None,
            seconds=0.0,  # nothing keeps it
            failed=message.status == "error",
        )
        for message in messages
        if isinstance(message, ToolMessage)
    )


def _last_words(messages: Sequence[BaseMessage]) -> str:
    words = [str(message.text).strip() for message in messages if isinstance(message, AIMessage)]
    return words[-1] if words else ""
