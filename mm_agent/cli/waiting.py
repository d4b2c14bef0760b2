"""A word at a terminal while nothing else can be shown yet; it is wiped when something can."""

from __future__ import annotations

import os
from types import TracebackType
from typing import IO, Any


class Waiting:
    """Shows a word in its block, or between ``begin`` and ``end``; nothing where it could not be wiped."""

    def __init__(self, file: IO[Any], word: str = "…") -> None:
        self._file = file
        self._word = word
        self._able = file.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._shown = False

    def begin(self) -> None:
        """Show the word, on a line of its own."""
        if self._able and not self._shown:
            self._write(f"\x1b[2m{self._word}\x1b[0m")
            self._shown = True

    def end(self) -> None:
        """Wipe it."""
        if self._shown:
            self._write("\r\x1b[2K")
            self._shown = False

    def _write(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()

    def __enter__(self) -> None:
        self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
