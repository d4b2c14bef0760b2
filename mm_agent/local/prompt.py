"""A conversation as the tokens a checkpoint was taught to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from jinja2 import TemplateError
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import BaseMessage

from mm_agent.errors import LocalModelError
from mm_agent.local.fusion import SoftSpan
from mm_agent.local.loaded import LoadedModel
from mm_agent.local.messages import plain_words, template_messages
from mm_agent.local.pictures import Pictures, Sight
from mm_agent.local.speech import END_THINK, THINK
from mm_agent.local.tool_format import Tool


class ContextTooLong(LocalModelError, ContextOverflowError):
    """More tokens than the model reads; LangChain's middleware knows it by its own name."""


@dataclass(frozen=True)
class Prompt:
    """A prompt's tokens, whether it ends within the model's reasoning, and the soft tokens in it."""

    tokens: list[int]
    thinking: bool
    soft: list[SoftSpan] = field(default_factory=list)


def write_prompt(
    loaded: LoadedModel,
    messages: Sequence[BaseMessage],
    *,
    tools: Sequence[Tool] = (),
    thinking: bool | None = None,
    at_once: bool = False,
    sight: Sight | None = None,
) -> Prompt:
    """Put a conversation through the checkpoint's own chat template.

    Args:
        loaded: The model.
        messages: The conversation.
        tools: What it may call.
        thinking: Whether it reasons first, where its template asks; None leaves it to the template.
        at_once: The answer begins without reasoning, even where the template opens one.
        sight: Makes soft tokens of its pictures and clips; None: it may hold none.

    Raises:
        LocalModelError: The template takes no tools, or no such conversation, or it is too long.
        MediaError: A picture cannot be opened.
        ProjectorError: A picture cannot be turned into soft tokens, or has no place in the prompt.
    """
    if tools and loaded.form is None:
        raise LocalModelError(
            f"the chat template of {loaded.name} shows no way to call tools; use another model"
        )
    told = {"enable_thinking": False} if at_once else {}
    told = {"enable_thinking": thinking} if thinking is not None and not at_once else told
    pictures = Pictures(sight, loaded.tokenizer) if sight else None
    turns = template_messages(messages, pictures.words if pictures else plain_words)
    text = _render(loaded, turns, tools, told)
    open_end = text.rstrip().endswith(THINK)
    if at_once and open_end:
        text, open_end = f"{text.rstrip()}\n\n{END_THINK}\n\n", False
    if pictures:
        width = loaded.model.config.get_text_config().hidden_size
        tokens, soft = pictures.fuse(text, width)
    else:
        tokens, soft = loaded.tokenizer(text, add_special_tokens=False)["input_ids"], []
    if len(tokens) >= loaded.limit:
        raise ContextTooLong(_too_long(loaded, len(tokens), soft))
    return Prompt(tokens, open_end, soft)


def _too_long(loaded: LoadedModel, length: int, soft: Sequence[SoftSpan]) -> str:
    """By how much, and what to leave out."""
    over = length - loaded.limit + 1  # at least one token is for the answer
    line = (
        f"the conversation is {length} tokens long and {loaded.name} reads at most {loaded.limit}, "
        f"which is {over} too many; "
    )
    if not soft:
        return line + "start a new one, or leave out earlier turns or tools"
    seen = sum(len(span.embeddings) for span in soft)
    enough = ceil(over * len(soft) / seen)
    pictures = f"{enough} of them, or" if enough <= len(soft) else "them, and"
    return line + f"its {len(soft)} pictures take {seen} tokens; leave out {pictures} earlier turns or tools"


def _render(
    loaded: LoadedModel, messages: list[dict[str, Any]], tools: Sequence[Tool], told: dict[str, bool]
) -> str:
    try:
        text = loaded.tokenizer.apply_chat_template(
            messages,
            tools=list(tools) or None,  # pyright: ignore[reportArgumentType]
            tokenize=False,
            add_generation_prompt=True,
            **told,  # pyright: ignore[reportArgumentType]
        )
        return str(text)
    except TemplateError as error:
        raise LocalModelError(
            f"the chat template of {loaded.name} refuses this conversation: {error}"
        ) from error
