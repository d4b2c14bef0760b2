"""The kinds of cases that can be drawn."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import numpy as np

from mm_agent.evals.generate import pictures, several
from mm_agent.evals.generate.dice import Dice, Fields
from mm_agent.evals.suite.case import Case, Generate

_MAKERS: tuple[Callable[[Dice], Fields], ...] = (
    pictures.count,
    pictures.what,
    pictures.there,
    pictures.not_there,
    pictures.colour,
    pictures.where,
    pictures.which,
    pictures.fits,
    pictures.noise,
    pictures.rotated,
    pictures.misleading_text,
    pictures.wrong_premise,
    pictures.injected_name,
    pictures.injected_metadata,
    several.which_picture,
    several.most,
    several.background,
    several.in_picture,
    several.same,
    several.when,
    several.never,
    several.in_video,
    several.happens,
    several.unanswerable,
    several.unknown_picture,
    several.absent,
    several.never_when,
    several.follow_up,
    several.added_picture,
    several.three_turns,
    several.two_languages,
)
MAKERS: dict[str, Callable[[Dice], Fields]] = {make.__name__: make for make in _MAKERS}
"""By name, which is the category of what they draw."""


def generated(plan: Generate, seed: int) -> Iterator[Case]:
    """The cases of a plan, one language after the other, each from a seed of its own."""
    for index in range(plan.cases):
        language = plan.languages[index % len(plan.languages)]
        rng = np.random.default_rng((plan.seed, seed, index, zlib.crc32(plan.kind.encode())))
        fields = MAKERS[plan.kind](Dice(language, rng))
        name = f"{plan.kind}-{plan.seed + seed}-{index + 1}"
        yield Case.model_validate({"id": name, "category": plan.kind, **fields})
