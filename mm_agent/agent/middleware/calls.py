"""Answers tool calls whose arguments are no JSON, so that the model can make them again.

LangChain puts such calls aside, and its agent would end the run without a word; sent back to a chat API as
they are, they make it refuse every later turn.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call

from mm_agent.agent.middleware.heard import Heard, listening
from mm_agent.agent.middleware.language import Choice, spoken
from mm_agent.prompt_files import Language, render

_SHOWN = 200


class MendCalls(AgentMiddleware):
    """Turns a malformed call into one without arguments and puts an error behind it.

    Args:
        language: Of the error's words; ``auto`` follows the question.
    """

    def __init__(self, *, language: Choice = "auto") -> None:
        super().__init__()
        self.language: Choice = language

    def wrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Mend what the model said."""
        with listening() as heard:
            response = handler(request)
        return self._mended(request, response, heard)

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """The same, awaited."""
        with listening() as heard:
            response = await handler(request)
        return self._mended(request, response, heard)

    def _mended(
        self, request: ModelRequest, response: ModelResponse[Any], heard: Heard
    ) -> ModelResponse[Any]:
        language = spoken(request.messages, self.language)
        return replace(response, result=mend_calls(response.result, heard.arguments, language))


def mend_calls(
    messages: Sequence[BaseMessage], written: Mapping[str | None, str], language: Language
) -> list[BaseMessage]:
    """The messages, every malformed call in them well-formed and answered.

    Args:
        messages: What a model call gave.
        written: Arguments as the model wrote them, by the call's id, when they were streamed.
        language: Of the errors.
    """
    mended: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, AIMessage) and (wrong := _malformed(message, written)):
            mended += _answered(message, wrong, language)
        else:
            mended.append(message)
    return mended


def _malformed(message: AIMessage, written: Mapping[str | None, str]) -> list[tuple[str, str, str]]:
    """Id, name and arguments of each malformed call: those put aside, and those read as whole though cut."""
    aside = [
        (call.get("id") or f"call_{uuid4().hex[:16]}", call.get("name") or "unknown", call.get("args") or "")
        for call in message.invalid_tool_calls
    ]
    cut = [
        (call["id"] or "", call["name"], written[call["id"]])
        for call in message.tool_calls
        if not _is_object(written.get(call["id"], ""))
    ]
    return [*aside, *cut]


def _is_object(arguments: str) -> bool:
    """Whether it is a JSON object; nothing at all counts as an empty one."""
    try:
        return isinstance(json.loads(arguments), dict) if arguments.strip() else True
    except ValueError:
        return False


def _answered(message: AIMessage, wrong: list[tuple[str, str, str]], language: Language) -> list[BaseMessage]:
    """The message with its malformed calls emptied, then an error for each."""
    names = {call_id for call_id, _, _ in wrong}
    good = [call for call in message.tool_calls if call["id"] not in names]
    emptied = [tool_call(name=name, args={}, id=call_id) for call_id, name, _ in wrong]
    update = {
        "tool_calls": [*good, *emptied],
        "invalid_tool_calls": [],
        "additional_kwargs": _without_arguments(message.additional_kwargs, names),
    }
    errors = [_error(*call, language=language) for call in wrong]
    return [message.model_copy(update=update), *errors]


def _without_arguments(extra: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """Calls as the provider wrote them, which some classes send back, the malformed ones emptied."""
    if "tool_calls" not in extra:
        return extra
    calls = [
        {**call, "function": {**call["function"], "arguments": "{}"}} if call.get("id") in names else call
        for call in extra["tool_calls"]
    ]
    return {**extra, "tool_calls": calls}


def _error(call_id: str, name: str, arguments: str, *, language: Language) -> ToolMessage:
    said = " ".join(arguments.split())[:_SHOWN]
    text = render("agent_limits/malformed_call", language, arguments=said)
    return ToolMessage(text, tool_call_id=call_id, name=name, status="error")
