"""A case of the exam, and the dice it is drawn with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from langchain_core.tools import BaseTool
from PIL import Image

from mm_agent.local.demo.exam.wording import WORDING
from mm_agent.local.demo.words import held_out, noun_of, pick
from mm_agent.vision.demo.clips import DrawnClip
from mm_agent.vision.demo.scenes import Scene, SceneRules, arrange, draw
from mm_agent.vision.vocabulary import Language, concepts

RULES = SceneRules(sides=(0.3, 0.55), angle=15)
SIDE = 320
"""Pixels of a drawn picture's side."""
Call = tuple[str, dict[str, Any]]
THAT_REGION = "the region that was found before"
"""In an expected call: the handle of the best region of the turn before."""


@dataclass(frozen=True)
class Reply:
    """An answer without the encoder's notice, and the evidence behind it."""

    text: str
    evidence: tuple[dict[str, Any], ...] = ()


Truth = Callable[[Reply], bool]


@dataclass(frozen=True)
class Case:
    """What is shown and asked, and what a good answer is made of.

    The last question is the one that is marked; those before lead to it. ``calls`` may come in any order.
    With ``tool`` the agent has this tool only, and no media.
    """

    kind: str
    language: Language
    media: tuple[Image.Image | DrawnClip, ...]
    questions: tuple[str, ...]
    calls: tuple[Call, ...]
    truth: Truth
    tool: BaseTool | None = None

    @property
    def question(self) -> str:
        """The one that is marked."""
        return self.questions[-1]


@dataclass(frozen=True)
class Draw:
    """The dice of one case: things, pictures and words."""

    kind: str
    language: Language
    rng: np.random.Generator

    def thing(self, *but: int) -> int:
        """The index of a held-out concept that is none of these."""
        known = [i for i, concept in enumerate(concepts()) if held_out(concept) and i not in but]
        return int(pick(known, self.rng))

    def things(self, count: int) -> list[int]:
        """Different ones."""
        found: list[int] = []
        for _ in range(count):
            found.append(self.thing(*found))
        return found

    def copies(self) -> int:
        """1 to 4."""
        return int(self.rng.integers(1, 5))

    def picture(self, *groups: tuple[int, int]) -> Image.Image:
        """Copies of things anywhere: (thing, copies) each."""
        return self.drawn(arrange(groups, self.rng, RULES))

    def drawn(self, scene: Scene) -> Image.Image:
        """A scene as a picture."""
        return Image.fromarray(draw(scene, SIDE))

    def ask(self, wording: str, thing: int | None = None, **more: str) -> str:
        """One of the wordings with its places filled."""
        text = pick(WORDING[self.language][wording], self.rng)
        if thing is not None:
            noun = noun_of(concepts()[thing], self.language)
            more |= {"x": noun.one, "xs": noun.many, "ax": noun.indefinite, "m": noun.measure}
        for key, value in more.items():
            text = text.replace(f"{{{key}}}", value)
        return text

    def word(self, thing: int, question: str) -> str:
        """The thing's name as the question has it."""
        noun = noun_of(concepts()[thing], self.language)
        return noun.many if noun.many.lower() in question.lower() else noun.one

    def case(
        self,
        media: Sequence[Image.Image | DrawnClip],
        questions: Sequence[str],
        calls: Sequence[Call],
        truth: Truth,
        *,
        tool: BaseTool | None = None,
    ) -> Case:
        """The case."""
        return Case(self.kind, self.language, tuple(media), tuple(questions), tuple(calls), truth, tool)
