"""A case's conversation as inspect_ai's messages, so that ``inspect view`` shows pictures and calls."""

from __future__ import annotations

from collections.abc import Iterator

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    ChatMessageUser,
    ContentImage,
    ContentText,
)
from inspect_ai.tool import ToolCall, ToolCallError

from mm_agent.evals.judging.record import TurnRecord
from mm_agent.evals.run.sitting import Sitting


def messages(sitting: Sitting) -> list[ChatMessage]:
    """Questions with the media that came with them, calls, results and answers."""
    found: list[ChatMessage] = []
    first = 0
    for index, (turn, record) in enumerate(zip(sitting.case.turns, sitting.turns, strict=True)):
        count = len(turn.media) + (len(sitting.case.media) if index == 0 else 0)
        shown = [ContentImage(image=uri) for uri in sitting.thumbnails[first : first + count]]
        first += count
        found.append(ChatMessageUser(content=[*shown, ContentText(text=record.question)]))
        found += _calls(index, record)
        found.append(ChatMessageAssistant(content=record.text))
    return found


def _calls(turn: int, record: TurnRecord) -> Iterator[ChatMessage]:
    for number, call in enumerate(record.calls):
        name = f"call-{turn + 1}-{number + 1}"
        made = ToolCall(id=name, function=call.name, arguments=call.args)
        yield ChatMessageAssistant(content="", tool_calls=[made])
        error = ToolCallError(type="unknown", message=call.result_text) if call.failed else None
        yield ChatMessageTool(content=call.result_text, tool_call_id=name, function=call.name, error=error)
