"""What a chat model can do: one record a model, from what a person says, its profile, or its name.

Ours, because ``model.profile`` is empty for Qwen and for every model behind an address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from langchain_core.language_models import BaseChatModel, ModelProfile

from mm_agent.agent.llm import LLMSpec

# Reasoners of the first generation answer without calling tools.
_NO_TOOLS = re.compile(r"^(deepseek-reasoner|o1-mini|o1-preview|qvq)", re.IGNORECASE)

# Families that take pictures; "vl" as in qwen3-vl, qwen2.5vl:7b, internvl3.
_SEES = re.compile(
    r"vl(?![a-z])|vision|omni|llava|pixtral|minicpm-v|moondream|gemma-?3|llama-?4|qwen3\.7-plus"
    r"|gpt-4o|gpt-4\.1|gpt-5|claude|gemini",
    re.IGNORECASE,
)

# Families that think before they answer, unless told not to.
_THINKS = re.compile(
    r"thinking|qwq|qvq|deepseek-(r1|reasoner|flash|v4)|^qwen3(?!.*(coder|instruct|vl|embed|omni))"
    r"|^o[134]\b|gpt-5|gpt-oss|magistral",
    re.IGNORECASE,
)


# DeepSeek says that deepseek-flash takes pictures (api-docs.deepseek.com/guides/vision); until that has been
# tried on the service itself, a person has to say so. ChatTongyi sends picture blocks its API does not read.
_TEXT_ONLY = ("deepseek", "tongyi")


@dataclass(frozen=True)
class Capabilities:
    """What a model can do; ``context`` is its window in tokens, None when nobody has said."""

    images: bool = False
    tools: bool = True
    reasoning: bool = False
    context: int | None = None

    def profile(self) -> ModelProfile:
        """The record as LangChain's profile, which is where middleware looks."""
        profile = ModelProfile(
            image_inputs=self.images, tool_calling=self.tools, reasoning_output=self.reasoning
        )
        if self.context is not None:
            profile["max_input_tokens"] = self.context
        return profile


def capabilities_of_spec(spec: LLMSpec, said: Mapping[str, Mapping[str, Any]]) -> Capabilities:
    """What the model of a spec can do, as far as its name and a person tell.

    Args:
        spec: Which model.
        said: What a person knows better: fields by spec, which may hold ``*``; later entries win.
    """
    return _override(_by_name(spec.model, text_only=spec.provider in _TEXT_ONLY), spec, said)


def describe_model(model: BaseChatModel, spec: LLMSpec, said: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a loaded model's record into its profile: its provider's own, ours over it, a person's on top."""
    known = model.profile or ModelProfile()
    able = _by_profile(_by_name(spec.model, text_only=spec.provider in _TEXT_ONLY), known)
    if spec.provider in _TEXT_ONLY:
        able = replace(able, images=False)
    able = _override(able, spec, said)
    model.profile = {**known, **able.profile()}


def takes_images(model: BaseChatModel) -> bool:
    """Whether a chat model takes pictures: by its profile, else by its name; an unknown name counts as no.

    ``load_chat_model`` has written the profile. DeepSeek's own class, made by hand, counts as text only: what
    it says of itself has been wrong, and it puts pictures in tool results into the prompt as base64.
    """
    by_hand = "llm" not in (model.metadata or {})
    if by_hand and any(cls.__name__ == "ChatDeepSeek" for cls in type(model).__mro__):
        return False
    name = getattr(model, "model_name", None) or getattr(model, "model", None)
    record = _by_name(name if isinstance(name, str) else "", text_only=False)
    return _by_profile(record, model.profile or ModelProfile()).images


def _by_name(name: str, *, text_only: bool) -> Capabilities:
    return Capabilities(
        images=not text_only and _SEES.search(name) is not None,
        tools=_NO_TOOLS.search(name) is None,
        reasoning=_THINKS.search(name) is not None,
    )


def _by_profile(able: Capabilities, profile: ModelProfile) -> Capabilities:
    """What LangChain's profile says; it knows nothing of tools that a name rules out."""
    return Capabilities(
        images=profile.get("image_inputs", able.images),
        tools=able.tools and profile.get("tool_calling", True),
        reasoning=profile.get("reasoning_output", able.reasoning),
        context=profile.get("max_input_tokens", able.context),
    )


def _override(able: Capabilities, spec: LLMSpec, said: Mapping[str, Mapping[str, Any]]) -> Capabilities:
    for pattern, fields in said.items():
        if fnmatchcase(str(spec), pattern):
            able = replace(able, **fields)
    return able
