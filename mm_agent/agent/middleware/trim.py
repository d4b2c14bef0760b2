"""Keeps long conversations within a model's context; what the media are called is never lost.

Only the request is trimmed, the state keeps everything. Old tool results go first, then the oldest turns; the
media they introduced move to the first question that stays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage

from mm_agent.agent.message import media_of, with_media
from mm_agent.agent.middleware.language import Choice, spoken
from mm_agent.agent.past import rounds
from mm_agent.projection.budget import estimate_tokens
from mm_agent.prompt_files import render


class TrimContext(AgentMiddleware):
    """Trims what a model call gets to about ``tokens`` (estimated); the last question stays whole."""

    def __init__(self, *, tokens: int, language: Choice) -> None:
        super().__init__()
        self.tokens = tokens
        self.language: Choice = language

    def wrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Trim."""
        return handler(self._trimmed(request))

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """Trim, awaited."""
        return await handler(self._trimmed(request))

    def _trimmed(self, request: ModelRequest) -> ModelRequest:
        if size(request.messages) <= self.tokens:
            return request
        line = render("agent_trimmed", spoken(request.messages, self.language))
        return request.override(messages=trim(request.messages, tokens=self.tokens, line=line))


def trim(messages: Sequence[AnyMessage], *, tokens: int, line: str) -> list[AnyMessage]:
    """The messages within a budget, if it holds the last turn.

    Args:
        messages: A conversation that begins with a question.
        tokens: The budget.
        line: What stands for a tool result that was left out.
    """
    turns: list[list[Any]] = [[first, *after] for first, after in rounds(messages)]
    excess = size(messages) - tokens
    for turn in turns[:-1]:
        for index, message in enumerate(turn):
            if excess > 0 and isinstance(message, ToolMessage):
                turn[index] = message.model_copy(update={"content": line})
                excess -= size([message]) - size([turn[index]])
    dropped: list[BaseMessage] = []
    while excess > 0 and len(turns) > 1:
        gone = turns.pop(0)
        dropped.append(gone[0])
        excess -= size(gone)
    if turns and dropped:
        turns[0][0] = _with_media_of(dropped, turns[0][0])
    return [message for turn in turns for message in turn]


def size(messages: Sequence[BaseMessage]) -> int:
    """Estimated tokens of the words and the tool calls."""
    calls = [call for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    texts = [*(str(message.text) for message in messages), *(str(call["args"]) for call in calls)]
    return sum(estimate_tokens(text) for text in texts)


def _with_media_of(dropped: Sequence[BaseMessage], first: HumanMessage) -> HumanMessage:
    media = [medium for message in (*dropped, first) for medium in media_of(message)]
    return with_media(first, list(dict.fromkeys(media)))
