"""Names in a text, the longest that begins at a place first: "hot dog" is no dog, 向日葵 no 日."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

Known = TypeVar("Known")

_TOKEN = re.compile(r"[a-z0-9][a-z0-9'-]*|[^\x00-\x7f]")  # an English word or a Chinese character
_MOST_TOKENS = 9


class Found(NamedTuple):
    """A name and where it stands."""

    start: int
    end: int
    name: str


def longest_names(text: str, look_up: Callable[[str], Known | None]) -> Iterator[tuple[Found, Known]]:
    """Names that do not overlap, from left to right.

    Args:
        text: lower-cased.
        look_up: what a name means, None when it is no name.
    """
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    at = 0
    while at < len(tokens):
        for last in range(min(at + _MOST_TOKENS, len(tokens)) - 1, at - 1, -1):
            start, end = tokens[at][0], tokens[last][1]
            if (known := look_up(text[start:end])) is not None:
                yield Found(start, end, text[start:end]), known
                at = last
                break
        at += 1
