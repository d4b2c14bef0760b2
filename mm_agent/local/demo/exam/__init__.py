"""Questions the demo model was not trained on: drawn pictures and clips of held-out things, in other words.

Each case goes through the real agent with the real tools and the real demo encoder. It is answered when the
calls are the expected ones, every number and handle of the answer comes from a tool, and the answer is true
of the scene.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterator

import numpy as np

from mm_agent.local.demo.exam import follow_ups, pictures, regions, several, tools, videos
from mm_agent.local.demo.exam.case import Case, Draw

__all__ = ["GROUPS", "KINDS", "Case", "count_cases", "exam", "group_of"]

GROUPS: dict[str, dict[str, Callable[[Draw], Case]]] = {
    "pictures": pictures.MAKERS | regions.MAKERS,
    "videos": videos.MAKERS,
    "several pictures": several.MAKERS,
    "follow-ups": follow_ups.MAKERS,
    "other tools": tools.MAKERS,
}
KINDS = tuple(kind for makers in GROUPS.values() for kind in makers)
_LANGUAGES = ("en", "zh")


def exam(seed: int, each: int, kinds: Collection[str] = KINDS) -> Iterator[Case]:
    """So many cases of each kind in each language; a kind's cases do not depend on which others are asked."""
    for makers in GROUPS.values():
        for kind, make in makers.items():
            for language in _LANGUAGES if kind in kinds else ():
                for number in range(each):
                    dice = np.random.default_rng((seed, zlib.crc32(kind.encode()), language == "zh", number))
                    yield make(Draw(kind, language, dice))


def count_cases(each: int, kinds: Collection[str] = KINDS) -> int:
    """How many cases ``exam`` gives."""
    return each * len(_LANGUAGES) * sum(kind in kinds for kind in KINDS)


def group_of(kind: str) -> str:
    """The group a kind belongs to."""
    return next(name for name, makers in GROUPS.items() if kind in makers)
