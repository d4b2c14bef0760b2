"""The agent: chat models by spec, the agent graph, a turn of conversation, and the offline planner.

Everything is imported on first use, so that a command that only wants a spec does not load LangChain.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mm_agent.agent.answer import Answer, ToolUse, Usage
    from mm_agent.agent.build import build_agent
    from mm_agent.agent.conversation import aask, ask, user_message
    from mm_agent.agent.llm import LLMSpec, load_chat_model, parse_llm_spec
    from mm_agent.agent.planner.model import OfflinePlanner

_HOMES = {
    "Answer": "answer",
    "ToolUse": "answer",
    "Usage": "answer",
    "build_agent": "build",
    "aask": "conversation",
    "ask": "conversation",
    "user_message": "conversation",
    "LLMSpec": "llm",
    "load_chat_model": "llm",
    "parse_llm_spec": "llm",
    "OfflinePlanner": "planner.model",
}

__all__ = [
    "Answer",
    "LLMSpec",
    "OfflinePlanner",
    "ToolUse",
    "Usage",
    "aask",
    "ask",
    "build_agent",
    "load_chat_model",
    "parse_llm_spec",
    "user_message",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
