"""A prompt's text around its pictures: what stands for one, and the pieces between them.

A tokenizer never reads a placeholder: the text is cut there, and each piece is read by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.errors import ProjectorError
from mm_agent.projection.soft.placeholder import MARK, PLACEHOLDER

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def placeholder_for(tokenizer: PreTrainedTokenizerBase, seconds: float | None = None) -> str:
    """What stands for one picture, or for one frame of a clip, whose time stands before it.

    Qwen-VL's marks are around it only where they are tokens of their own: to a tokenizer without them they
    would be a dozen tokens of noise on either side.

    Args:
        tokenizer: The language model's.
        seconds: The frame's time into the clip; None: a picture.
    """
    around = [tokenizer.convert_tokens_to_ids(mark) for mark in PLACEHOLDER.split(MARK)]
    known = all(number not in (None, tokenizer.unk_token_id) for number in around)
    time = "" if seconds is None else f"<{seconds:.1f} s>"
    return time + (PLACEHOLDER if known else MARK)


def harmless(text: str) -> str:
    """A person's or a tool's words, which may speak of the placeholder but must not be one."""
    return text.replace(MARK, MARK.replace("image_pad", " image_pad "))


def cut(text: str, pictures: int) -> list[str]:
    """A rendered prompt's text between its placeholders: one piece more than there are pictures.

    Raises:
        ProjectorError: There are more or fewer placeholders than pictures.
    """
    pieces = text.split(MARK)
    places = len(pieces) - 1
    if places == pictures:
        return pieces
    shown = "1 picture" if pictures == 1 else f"{pictures} pictures"
    if not places:
        raise ProjectorError(
            f"the prompt has no placeholder {MARK} for {shown}: the chat template leaves their place out; "
            "use another template"
        )
    wrong = "too many pictures" if pictures > places else "too few pictures"
    raise ProjectorError(
        f"{wrong}: the prompt has {places} placeholders {MARK} for {shown}; it takes exactly one for each"
    )
