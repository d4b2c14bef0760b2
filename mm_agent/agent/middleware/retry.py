"""Asks a chat model again after a failure that may pass, and words the failure when it does not."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel

from mm_agent.agent.llm_errors import Trouble, diagnose
from mm_agent.agent.middleware.heard import listening
from mm_agent.agent.stoppable import rest
from mm_agent.errors import AgentError

# A server that wants a longer rest gets none: a person waits behind this, and there may be a fallback.
LONGEST_WAIT_S = 30.0
FIRST_WAIT_S = 0.5

_log = logging.getLogger(__name__)


class ModelTrouble(AgentError):
    """A provider's failure, worded; another model may do better."""


class AskAgain(AgentMiddleware):
    """Retries what can succeed: too many requests, server errors, lost connections, unreadable answers.

    It waits as long as ``Retry-After`` asks, else twice as long each time, and never asks again once words
    of the answer have reached the reader. Every provider's failure leaves as a ``ModelTrouble``, one line
    without a key; other errors pass through.

    Args:
        retries: How often a call is made again.
    """

    def __init__(self, *, retries: int = 2) -> None:
        super().__init__()
        self.retries = retries

    def wrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Make the call, again if need be."""
        for attempt in range(self.retries + 1):
            with listening() as heard:
                try:
                    return handler(request)
                except Exception as error:
                    wait_s = self._wait_or_raise(error, request.model, attempt, heard.anything)
            rest(wait_s)
        raise AssertionError("the last attempt returns or raises")

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """The same, awaited."""
        for attempt in range(self.retries + 1):
            with listening() as heard:
                try:
                    return await handler(request)
                except Exception as error:
                    wait_s = self._wait_or_raise(error, request.model, attempt, heard.anything)
            await asyncio.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    def _wait_or_raise(self, error: Exception, model: BaseChatModel, attempt: int, heard: bool) -> float:
        """Seconds until the next attempt; raises when there is none."""
        trouble = diagnose(error, llm=(model.metadata or {}).get("llm", ""))
        if trouble is None:
            raise error
        wait_s = _pause(trouble, attempt)
        if heard or not trouble.passing or attempt == self.retries or wait_s > LONGEST_WAIT_S:
            raise ModelTrouble(trouble.message) from None  # the trace may hold a key
        _log.warning("%s; asking again in %.1f s", trouble.message.partition(";")[0], wait_s)
        return wait_s


def _pause(trouble: Trouble, attempt: int) -> float:
    """What the server asks for, else twice as long each time, spread so that callers do not march in step."""
    if trouble.wait_s is not None:
        return trouble.wait_s
    return FIRST_WAIT_S * 2**attempt * random.uniform(0.75, 1.25)
