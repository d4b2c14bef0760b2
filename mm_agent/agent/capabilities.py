"""What a chat model can do, kept by us because ``model.profile`` is empty for Qwen and DeepSeek."""

from __future__ import annotations

import re

from mm_agent.agent.llm import LLMSpec

# Reasoners of the first generation answer without calling tools.
_NO_TOOLS = re.compile(r"^(deepseek-reasoner|o1-mini|o1-preview|qvq)", re.IGNORECASE)


def calls_tools(spec: LLMSpec) -> bool:
    """Whether the model of a spec calls tools, as far as its name tells; an unknown name counts as yes."""
    return not _NO_TOOLS.search(spec.model)
