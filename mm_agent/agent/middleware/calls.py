"""Answers tool calls whose arguments are no JSON, so that the model can make them again.

LangChain puts such calls aside, and its agent would end the run without a word; sent back to a chat API as
they are, they make it refuse every later turn.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage, InvalidToolCall, ToolMessage
from langchain_core.messages.tool import tool_call

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
        response = handler(request)
        return replace(response, result=mend_calls(response.result, spoken(request.messages, self.language)))

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """The same, awaited."""
        response = await handler(request)
        return replace(response, result=mend_calls(response.result, spoken(request.messages, self.language)))


def mend_calls(messages: Sequence[BaseMessage], language: Language) -> list[BaseMessage]:
    """The messages, every malformed call in them well-formed and answered."""
    mended: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, AIMessage) and message.invalid_tool_calls:
            mended += _answered(message, language)
        else:
            mended.append(message)
    return mended


def _answered(message: AIMessage, language: Language) -> list[BaseMessage]:
    """The message with its malformed calls emptied, then an error for each."""
    wrong = [(call, call.get("id") or f"call_{uuid4().hex[:16]}") for call in message.invalid_tool_calls]
    emptied = [tool_call(name=call.get("name") or "unknown", args={}, id=name) for call, name in wrong]
    kept = {key: value for key, value in message.additional_kwargs.items() if key != "tool_calls"}
    update = {
        "tool_calls": [*message.tool_calls, *emptied],
        "invalid_tool_calls": [],
        "additional_kwargs": kept,
    }
    errors = [_error(call, name, language) for call, name in wrong]
    return [message.model_copy(update=update), *errors]


def _error(call: InvalidToolCall, call_id: str, language: Language) -> ToolMessage:
    said = " ".join((call.get("args") or "").split())[:_SHOWN]
    text = render("agent_limits/malformed_call", language, arguments=said)
    return ToolMessage(text, tool_call_id=call_id, name=call.get("name") or "unknown", status="error")
