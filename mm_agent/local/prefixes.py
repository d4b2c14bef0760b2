"""What was computed for earlier prompts, kept so that the next turn computes only what is new."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import takewhile

from mm_agent.local.kv import Rows, first, nbytes

MAX_BYTES = 1 << 30
MAX_ENTRIES = 16


class Prefixes:
    """Keys and values by the tokens they belong to; the least recently used go first.

    A token is known by its number, a soft token by its picture's hash and its place in it.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: list[tuple[list[Hashable], Rows]] = []  # the most recently used last

    def find(self, tokens: Sequence[Hashable]) -> tuple[int, Rows | None]:
        """The longest beginning of ``tokens`` that is kept, always less than all of them.

        Returns:
            How many tokens, and their keys and values (views, not to be written to).
        """
        shared = [_common(kept, tokens) for kept, _ in self._kept]
        length = min(max(shared, default=0), len(tokens) - 1)
        if length < 1:
            return 0, None
        best = shared.index(max(shared))
        self._kept.append(self._kept.pop(best))
        return length, first(self._kept[-1][1], length)

    def add(self, tokens: Sequence[Hashable], rows: Rows) -> None:
        """Keep the keys and values of ``tokens``, in place of those of its own beginnings."""
        tokens = list(tokens)
        self._kept = [entry for entry in self._kept if entry[0] != tokens[: len(entry[0])]]
        self._kept.append((tokens, rows))
        while len(self._kept) > MAX_ENTRIES or sum(nbytes(kept) for _, kept in self._kept) > self._max_bytes:
            self._kept.pop(0)


def _common(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """How many tokens two sequences begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
