"""Lines broken between words at a terminal's edge, also while a text still comes; Chinese breaks anywhere."""

from __future__ import annotations

import re
import shutil
from typing import IO, Any

from rich.cells import cell_len

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_OPENING, _CLOSING = "（“‘「『《", "，。；：、！？）”’」』》"
# A line break, other white space, or a word or wide character with the marks that must stay beside it.
_PIECE = re.compile(rf"\n|[^\S\n]+|[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*")


# A model's words and a file's name may hold control sequences for the terminal (ECMA-48: C0 but for tab and
# line feed, DEL and C1); without these characters they are plain text.
_HARMLESS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))


class Wrapper:
    """Wraps a text that comes in parts, less its control characters; a line that goes on keeps its indent.

    Args:
        width: columns of a line; None breaks nothing, for files and pipes.
    """

    def __init__(self, width: int | None) -> None:
        self._width = width
        self._column = 0
        self._lead = self._space = self._rest = ""

    def feed(self, text: str) -> str:
        """What of the text so far can be printed; a word that may still grow is held back."""
        text = text.translate(_HARMLESS)
        if self._width is None:
            return text
        pieces = _PIECE.findall(self._rest + text)
        self._rest = pieces.pop() if pieces and not pieces[-1].isspace() else ""
        return "".join(self._place(piece, self._width) for piece in pieces)

    def end(self) -> str:
        """What was held back."""
        rest, self._rest = self._rest, ""
        return self._place(rest, self._width) if rest and self._width else ""

    def _place(self, piece: str, width: int) -> str:
        """A piece with the white space or the break before it."""
        if piece == "\n":
            self._column, self._lead, self._space = 0, "", ""
            return piece
        if piece.isspace():
            if self._column > len(self._lead):
                self._space += piece
                return ""
            self._lead += piece
            self._column += len(piece)
            return piece
        before, self._space = self._space, ""
        if self._column > len(self._lead) and self._column + len(before) + cell_len(piece) > width:
            before, self._column = f"\n{self._lead}", 0
        self._column += len(before.lstrip("\n")) + cell_len(piece)
        return before + piece


def wrap(text: str, width: int | None) -> str:
    """A whole text, wrapped, less its control characters."""
    wrapper = Wrapper(width)
    return wrapper.feed(text) + wrapper.end()


def columns_of(file: IO[Any]) -> int | None:
    """How wide the terminal is that a file writes to; None: it is no terminal."""
    return shutil.get_terminal_size().columns if file.isatty() else None
