"""Times every tool call and says so on the graph's custom stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.types import Command

ToolResult = ToolMessage | Command[Any]


class ToolClock(AgentMiddleware):
    """Writes ``{"tool_started": call}`` and ``{"tool_finished": id, "seconds": s}``."""

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolResult]
    ) -> ToolResult:
        """Time a call."""
        started = _start(request)
        try:
            return handler(request)
        finally:
            _finish(request, started)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[ToolResult]]
    ) -> ToolResult:
        """Time a call, awaited."""
        started = _start(request)
        try:
            return await handler(request)
        finally:
            _finish(request, started)


def _start(request: ToolCallRequest) -> float:
    request.runtime.stream_writer({"tool_started": dict(request.tool_call)})
    return perf_counter()


def _finish(request: ToolCallRequest, started: float) -> None:
    seconds = perf_counter() - started
    request.runtime.stream_writer({"tool_finished": request.tool_call["id"], "seconds": seconds})
