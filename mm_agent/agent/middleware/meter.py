"""Notes what every message of the model cost, for whoever adds costs up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage

from mm_agent.agent.prices import COST_KEY, cost_of


class Meter(AgentMiddleware):
    """Writes the cost in US dollars into ``response_metadata``, by the price of the model that spoke."""

    def wrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Note the cost of a call."""
        return _noted(request, handler(request))

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """The same, awaited."""
        return _noted(request, await handler(request))


def _noted(request: ModelRequest, response: ModelResponse[Any]) -> ModelResponse[Any]:
    facts = request.model.metadata or {}
    return replace(response, result=[_with_cost(facts, message) for message in response.result])


def _with_cost(facts: dict[str, Any], message: BaseMessage) -> BaseMessage:
    if not isinstance(message, AIMessage):
        return message
    metadata = {**message.response_metadata, COST_KEY: cost_of(facts, message)}
    return message.model_copy(update={"response_metadata": metadata})
