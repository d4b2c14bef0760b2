"""The agent: chat models by spec, the agent graph, a turn of conversation, and the offline planner.

Everything is imported on first use, so that a command that only wants a spec does not load LangChain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.lazy import lazy_names

if TYPE_CHECKING:
    from mm_agent.agent.answer import Answer, ToolUse, Usage
    from mm_agent.agent.build import build_agent
    from mm_agent.agent.cited import Citation, CitedAnswer
    from mm_agent.agent.conversation import aask, ask, user_message
    from mm_agent.agent.llm import LLMSpec, load_chat_model, parse_llm_spec
    from mm_agent.agent.middleware.pictures import ShowPictures
    from mm_agent.agent.planner.model import OfflinePlanner

_HOMES = {
    "Answer": ".answer",
    "ToolUse": ".answer",
    "Usage": ".answer",
    "build_agent": ".build",
    "Citation": ".cited",
    "CitedAnswer": ".cited",
    "aask": ".conversation",
    "ask": ".conversation",
    "user_message": ".conversation",
    "LLMSpec": ".llm",
    "load_chat_model": ".llm",
    "parse_llm_spec": ".llm",
    "OfflinePlanner": ".planner.model",
    "ShowPictures": ".middleware.pictures",
}

__all__ = [
    "Answer",
    "Citation",
    "CitedAnswer",
    "LLMSpec",
    "OfflinePlanner",
    "ShowPictures",
    "ToolUse",
    "Usage",
    "aask",
    "ask",
    "build_agent",
    "load_chat_model",
    "parse_llm_spec",
    "user_message",
]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
