"""A conversation as the tokens a checkpoint was taught to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import BaseMessage

from mm_agent.errors import LocalModelError
from mm_agent.local.loaded import LoadedModel
from mm_agent.local.messages import template_messages
from mm_agent.local.speech import END_THINK, THINK
from mm_agent.local.tool_format import Tool


class ContextTooLong(LocalModelError, ContextOverflowError):
    """More tokens than the model reads; LangChain's middleware knows it by its own name."""


@dataclass(frozen=True)
class Prompt:
    """A prompt's tokens, and whether it ends within the model's reasoning."""

    tokens: list[int]
    thinking: bool


def write_prompt(
    loaded: LoadedModel,
    messages: Sequence[BaseMessage],
    *,
    tools: Sequence[Tool] = (),
    thinking: bool | None = None,
    at_once: bool = False,
) -> Prompt:
    """Put a conversation through the checkpoint's own chat template.

    Args:
        loaded: The model.
        messages: The conversation.
        tools: What it may call.
        thinking: Whether it reasons first, where its template asks; None leaves it to the template.
        at_once: The answer begins without reasoning, even where the template opens one.

    Raises:
        LocalModelError: The template takes no tools, or no such conversation, or it is too long.
    """
    if tools and loaded.form is None:
        raise LocalModelError(
            f"the chat template of {loaded.name} shows no way to call tools; use another model"
        )
    told = {"enable_thinking": False} if at_once else {}
    told = {"enable_thinking": thinking} if thinking is not None and not at_once else told
    text = _render(loaded, template_messages(messages), tools, told)
    open_end = text.rstrip().endswith(THINK)
    if at_once and open_end:
        text, open_end = f"{text.rstrip()}\n\n{END_THINK}\n\n", False
    tokens = loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    if len(tokens) >= loaded.limit:
        raise ContextTooLong(
            f"the conversation is {len(tokens)} tokens long and {loaded.name} reads at most {loaded.limit}; "
            "start a new one, or leave out earlier turns or tools"
        )
    return Prompt(tokens, open_end)


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
