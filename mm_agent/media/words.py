"""Small wordings for messages: one line, of bounded length, whatever the input was."""

from __future__ import annotations

import unicodedata


def one_line(text: str, most: int = 120) -> str:
    """The text without control characters or line breaks, shortened in its middle."""
    if len(text) > 4096:  # a data URI has millions
        text = f"{text[:2048]}…{text[-2048:]}"
    clean = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in text)
    clean = " ".join(clean.split())
    if len(clean) <= most:
        return clean
    head = most // 2 - 1
    return f"{clean[:head]}…{clean[head + 1 - most :]}"


def quoted(text: str, most: int = 120) -> str:
    """The text in quotes, fit for one line of a message."""
    return f"'{one_line(text, most)}'"


def size_words(count: int) -> str:
    """A number of bytes as a person reads it: ``512 bytes``, ``3.5 MiB``."""
    if count < 1024:
        return f"{count} bytes"
    if count < 2**20:
        return f"{count / 2**10:.1f} KiB"
    return f"{count / 2**20:.1f} MiB"
