"""Errors on purpose reach the model as tool messages, so that it can mend its call; bugs propagate."""

from __future__ import annotations

from langchain.agents.middleware import ToolCallRequest, ToolErrorMiddleware
from langchain_core.tools import ToolException

from mm_agent.errors import MMAgentError, Stopped


def tool_errors() -> ToolErrorMiddleware:
    """The middleware that does it; LangGraph's tool node answers unknown tools and wrong arguments."""
    return ToolErrorMiddleware(_as_message)


def _as_message(error: Exception, request: ToolCallRequest) -> str | None:
    if isinstance(error, MMAgentError | ToolException) and not isinstance(error, Stopped):
        return f"{request.tool_call['name']} failed: {error}"
    return None
