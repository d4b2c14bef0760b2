"""Notes who said every message and what it cost, for whoever sums a run up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata

from mm_agent.agent.prices import COST_KEY, LLM_KEY, cost_of


class Meter(AgentMiddleware):
    """Writes the model that spoke and the cost by its price into ``response_metadata``."""

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
    counted = message.model_copy(update={"usage_metadata": message.usage_metadata or _counts(message)})
    noted = {COST_KEY: cost_of(facts, counted), LLM_KEY: facts.get("llm")}
    return counted.model_copy(update={"response_metadata": {**message.response_metadata, **noted}})


def _counts(message: AIMessage) -> UsageMetadata | None:
    """Tokens as ChatTongyi leaves them: in the response's metadata alone."""
    counts = message.response_metadata.get("token_usage") or {}
    if "input_tokens" not in counts or "output_tokens" not in counts:
        return None
    read, written = int(counts["input_tokens"]), int(counts["output_tokens"])
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
