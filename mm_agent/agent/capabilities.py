"""What a chat model can do, kept by us because ``model.profile`` is empty for Qwen and wrong for DeepSeek."""

from __future__ import annotations

import re

from langchain_core.language_models import BaseChatModel

from mm_agent.agent.llm import LLMSpec

# Reasoners of the first generation answer without calling tools.
_NO_TOOLS = re.compile(r"^(deepseek-reasoner|o1-mini|o1-preview|qvq)", re.IGNORECASE)

# Families that take pictures; "vl" as in qwen3-vl, qwen2.5vl:7b, internvl3.
_SEES = re.compile(
    r"vl(?![a-z])|vision|omni|llava|pixtral|minicpm-v|moondream|gemma-?3|llama-?4"
    r"|gpt-4o|gpt-4\.1|gpt-5|claude|gemini",
    re.IGNORECASE,
)


def calls_tools(spec: LLMSpec) -> bool:
    """Whether the model of a spec calls tools, as far as its name tells; an unknown name counts as yes."""
    return not _NO_TOOLS.search(spec.model)


def takes_images(model: BaseChatModel) -> bool:
    """Whether a chat model takes pictures: by its profile, else by its name; an unknown name counts as no.

    DeepSeek's API takes text only, and its LangChain class would put a picture's base64 into the prompt.
    """
    if any(cls.__name__ == "ChatDeepSeek" for cls in type(model).__mro__):
        return False
    told = (model.profile or {}).get("image_inputs")
    if told is not None:
        return told
    name = getattr(model, "model_name", None) or getattr(model, "model", None)
    return isinstance(name, str) and _SEES.search(name) is not None
