"""What a model says, told apart while it is said: reasoning, text and tool calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mm_agent.local.tool_format import ToolFormat

Kind = Literal["reasoning", "text", "call"]

THINK, END_THINK = "<think>", "</think>"
CALL, END_CALL = "<tool_call>", "</tool_call>"
FUNCTION, END_FUNCTION = "<function=", "</function>"
TAGS = (THINK, END_THINK, CALL, END_CALL)

# Qwen3-Coder forgets <tool_call> now and then, but not </tool_call>: a stray one is no text.
_CALLS = {None: (), "hermes": (CALL,), "coder": (CALL, FUNCTION, END_CALL)}


@dataclass(frozen=True)
class Part:
    """A piece of reasoning or text as it comes, or one call: what stood between its tags.

    ``cut`` marks a call whose end never came.
    """

    kind: Kind
    text: str
    cut: bool = False


class Speech:
    """Splits a stream of text. No part holds half a tag, nor the blank space around one.

    Args:
        form: How calls are written; None when no tools were offered: then their tags are plain text.
        thinking: The prompt has opened the reasoning already.
    """

    def __init__(self, form: ToolFormat | None, *, thinking: bool = False) -> None:
        self._form = form
        self.kind: Kind = "reasoning" if thinking else "text"
        self._ends: tuple[str, ...] = (END_THINK,) if thinking else (THINK, *_CALLS[form])
        self._held = ""  # may be the beginning of a tag, or is a call not ended yet
        self._blank = ""  # space that belongs to the text only if more follows
        self._said = False  # anything in this stretch
        self._spoken = False  # any text at all

    def add(self, text: str) -> Iterator[Part]:
        """Take what came next, and give what is certain by now."""
        self._held += text
        while (tag := self._next_tag()) is not None:
            before, _, self._held = self._held.partition(tag)
            yield from self._give(before, tag)
        if self.kind != "call":
            size = len(self._held) - self._half_tag()
            ready, self._held = self._held[:size], self._held[size:]
            yield from self._say(ready)

    def end(self) -> Iterator[Part]:
        """Give what was held back; a call that was cut off comes as it stands."""
        held, half, self._held = self._held, self._half_tag(), ""
        if self.kind == "call":
            yield Part("call", held[: len(held) - half], cut=True)
        else:
            yield from self._say(held)

    def _next_tag(self) -> str | None:
        """The first tag in what is held that means something here; reasoning comes first or not at all."""
        found = [(self._held.index(tag), tag) for tag in self._ends if tag in self._held]
        found = [(at, tag) for at, tag in found if tag != THINK or not self._held[:at].strip()]
        return min(found)[1] if found else None

    def _half_tag(self) -> int:
        """How many characters at the end may be the beginning of a tag."""
        sizes = range(max(map(len, self._ends), default=0), 0, -1)
        return next((size for size in sizes if self._held.endswith(self._beginnings(size))), 0)

    def _beginnings(self, size: int) -> tuple[str, ...]:
        return tuple(tag[:size] for tag in self._ends if len(tag) > size)

    def _give(self, before: str, tag: str) -> Iterator[Part]:
        """Give what stood before a tag, and begin what comes after it."""
        if self.kind == "call":
            yield Part("call", before + (tag if tag == END_FUNCTION else ""))
        else:
            yield from self._say(before)
        self._blank, self._said = "", False
        if tag == THINK:
            self.kind, self._ends = "reasoning", (END_THINK,)
        elif tag in (CALL, FUNCTION):
            self._held = (FUNCTION if tag == FUNCTION else "") + self._held
            self.kind, self._ends = "call", (END_CALL if tag == CALL else END_FUNCTION,)
        else:
            self.kind, self._ends = "text", _CALLS[self._form]

    def _say(self, text: str) -> Iterator[Part]:
        """Give text but for the space at the beginning of a stretch and, until more follows, at its end."""
        text = self._blank + text if self._said else text.lstrip()
        kept = text.rstrip()
        self._blank = text[len(kept) :]
        if not kept:
            return
        if self.kind == "text":
            kept = kept if self._said or not self._spoken else "\n" + kept
            self._spoken = True
            self._ends = _CALLS[self._form]
        self._said = True
        yield Part(self.kind, kept)
