"""What a chat model takes, kept by us because ``model.profile`` is empty for Qwen and DeepSeek.

Only names are looked at; a served model with a name of its own counts as text-only, which is always safe:
the tools hand their evidence over as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mm_agent.agent.llm import LLMSpec

# Model names that take image blocks, by provider. DeepSeek's chat models read text only.
_IMAGES = {
    "openai": re.compile(r"^(gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-5|chatgpt-4o|o1(?!-mini)|o3(?!-mini)|o4)"),
    "qwen": re.compile(r"(^|[-/])(q?vl|qvq|omni)|vl-", re.IGNORECASE),
    "ollama": re.compile(r"vl\b|vision|llava|gemma3|minicpm-v|moondream", re.IGNORECASE),
    "http": re.compile(r"vl\b|vision|llava|omni|minicpm-v", re.IGNORECASE),
}
# Reasoners of the first generation answer without calling tools.
_NO_TOOLS = re.compile(r"^(deepseek-reasoner|o1-mini|o1-preview|qvq)", re.IGNORECASE)


@dataclass(frozen=True)
class Capabilities:
    """Whether a chat model calls tools and whether it takes image blocks."""

    tools: bool
    images: bool


def capabilities(spec: LLMSpec) -> Capabilities:
    """Say what the model of a spec takes, as far as its name tells."""
    pattern = _IMAGES.get(spec.provider)
    return Capabilities(
        tools=not _NO_TOOLS.search(spec.model),
        images=bool(pattern and pattern.search(spec.model)),
    )
