"""Local language models: Qwen and its kin in this process, as LangChain chat models.

Everything is imported on first use: torch, transformers and LangChain stay unloaded until a model is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.lazy import lazy_names

if TYPE_CHECKING:
    from mm_agent.local.chat import LocalChatModel
    from mm_agent.local.connect import connect_local

_HOMES = {
    "LocalChatModel": ".chat",
    "connect_local": ".connect",
}

__all__ = ["LocalChatModel", "connect_local"]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
