"""LangChain messages as the plain dicts a checkpoint's chat template reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from mm_agent.errors import LocalModelError

_REASONING = {"reasoning": "reasoning", "thinking": "thinking"}  # block type to the key of its words
_CALLS = {"tool_call", "tool_use", "function_call"}  # the message's ``tool_calls`` say the same


Words = Callable[[str, dict[str, Any]], str | None]
"""What stands in the prompt for a block of a type; None: nothing can."""


def plain_words(kind: str, block: dict[str, Any]) -> str | None:
    """Text, and nothing else."""
    return str(block["text"]) if kind == "text" else None


def template_messages(messages: Sequence[BaseMessage], words: Words = plain_words) -> list[dict[str, Any]]:
    """Convert a conversation; the system messages it opens with become one.

    Args:
        messages: The conversation.
        words: What stands for each block.

    Raises:
        LocalModelError: A message holds something other than text, or is of an unknown kind.
    """
    if not messages:
        raise LocalModelError("there is no message to answer; pass at least one")
    turns = [_turn(message, words) for message in messages]
    opening = 0
    while opening < len(turns) and turns[opening]["role"] == "system":
        opening += 1
    if opening > 1:
        joined = "\n\n".join(turn["content"] for turn in turns[:opening])
        turns[:opening] = [{"role": "system", "content": joined}]
    return turns


def _turn(message: BaseMessage, words: Words) -> dict[str, Any]:
    if isinstance(message, SystemMessage):
        return {"role": "system", "content": _text(message, words)}
    if isinstance(message, HumanMessage):
        return {"role": "user", "content": _text(message, words)}
    if isinstance(message, AIMessage):
        return _assistant(message, words)
    if isinstance(message, ToolMessage):
        return _tool_result(message, words)
    if isinstance(message, ChatMessage):
        return {"role": message.role, "content": _text(message, words)}
    raise LocalModelError(
        f"local models take no {type(message).__name__}; use system, human, AI and tool messages"
    )


def _assistant(message: AIMessage, words: Words) -> dict[str, Any]:
    turn: dict[str, Any] = {"role": "assistant", "content": _text(message, words)}
    if reasoning := _reasoning(message):
        turn["reasoning_content"] = reasoning
    if message.tool_calls:
        turn["tool_calls"] = [
            {
                "type": "function",
                "id": call["id"],
                "function": {"name": call["name"], "arguments": call["args"]},
            }
            for call in message.tool_calls
        ]
    return turn


def _tool_result(message: ToolMessage, words: Words) -> dict[str, Any]:
    """A tool's words; chat templates have no mark for a call that failed, so the words say it."""
    turn = {"role": "tool", "content": _text(message, words), "tool_call_id": message.tool_call_id}
    return {**turn, "name": message.name} if message.name else turn


def _reasoning(message: AIMessage) -> str:
    kept = message.additional_kwargs.get("reasoning_content")
    if isinstance(kept, str):
        return kept
    return "".join(
        str(block.get(_REASONING[kind], "")) for kind, block in _blocks(message) if kind in _REASONING
    )


def _text(message: BaseMessage, words: Words) -> str:
    return "".join(_words(kind, block, words) for kind, block in _blocks(message))


def _words(kind: str, block: dict[str, Any], words: Words) -> str:
    """One block's words."""
    if kind in _REASONING or kind in _CALLS:
        return ""
    written = words(kind, block)
    if written is None:
        raise LocalModelError(
            f"a local language model reads text only, and got a block of type {kind!r}; let a tool look at "
            "it and hand over its words, give the model a projector, or choose an --llm that takes it"
        )
    return written


def _blocks(message: BaseMessage) -> Iterable[tuple[str, dict[str, Any]]]:
    """A message's content blocks, each with its type."""
    content = message.content
    for block in [content] if isinstance(content, str) else content:
        if isinstance(block, str):
            yield "text", {"text": block}
        else:
            yield str(block.get("type")), block
