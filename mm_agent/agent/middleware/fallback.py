"""Asks another chat model when the first one fails for good."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel

from mm_agent.agent.middleware.heard import listening
from mm_agent.agent.middleware.retry import ModelTrouble

_log = logging.getLogger(__name__)


class Fallback(AgentMiddleware):
    """Goes to a second model when the first one's provider fails; bugs and limits stay errors.

    LangChain's own goes on after any exception, and after half an answer.

    Args:
        model: The second model.
    """

    def __init__(self, model: BaseChatModel) -> None:
        super().__init__()
        self.model = model

    def wrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Make the call, with the other model if need be."""
        with listening() as heard:
            try:
                return handler(request)
            except ModelTrouble as trouble:
                self._go_on_or_raise(trouble, heard.anything)
        return handler(request.override(model=self.model))

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """The same, awaited."""
        with listening() as heard:
            try:
                return await handler(request)
            except ModelTrouble as trouble:
                self._go_on_or_raise(trouble, heard.anything)
        return await handler(request.override(model=self.model))

    def _go_on_or_raise(self, trouble: ModelTrouble, heard: bool) -> None:
        if heard:
            raise trouble
        name = (self.model.metadata or {}).get("llm", type(self.model).__name__)
        _log.warning("%s; asking %s instead", str(trouble).partition(";")[0], name)
