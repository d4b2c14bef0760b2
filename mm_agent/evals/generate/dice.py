"""The dice a case is drawn with: things, numbers, words, and the parts that many cases share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from mm_agent.evals.generate.wording import WORDING
from mm_agent.local.demo.words import Noun, noun_of
from mm_agent.vision.vocabulary import Concept, Language, concepts

T = TypeVar("T")
Fields = dict[str, Any]
"""The fields of a case or of a part of it."""


@dataclass(frozen=True)
class Dice:
    """One case's chances; the same seed throws the same."""

    language: Language
    rng: np.random.Generator

    def pick(self, options: Sequence[T]) -> T:
        """One of several."""
        return options[int(self.rng.integers(len(options)))]

    def things(self, count: int) -> list[Concept]:
        """Different ones."""
        return [concepts()[int(index)] for index in self.rng.choice(len(concepts()), count, replace=False)]

    def copies(self, most: int = 4) -> int:
        """1 to ``most``."""
        return int(self.rng.integers(1, most + 1))

    def seed(self) -> int:
        """For what is drawn."""
        return int(self.rng.integers(2**31))

    def ask(self, wording: str, thing: Concept | None = None, **more: str) -> str:
        """One of the wordings with its places filled."""
        return self.fill(self.pick(WORDING[self.language][wording]), thing, **more)

    def fill(self, text: str, thing: Concept | None = None, **more: str) -> str:
        """A wording with its places filled."""
        if thing is not None:
            noun = self.noun(thing)
            more |= {"x": noun.one, "xs": noun.many, "ax": noun.indefinite, "m": noun.measure}
        for key, value in more.items():
            text = text.replace(f"{{{key}}}", value)
        return text

    def noun(self, thing: Concept) -> Noun:
        """What a thing is called."""
        return noun_of(thing, self.language)

    def scene(self, *groups: tuple[Concept, int], background: str | None = None, **more: Any) -> Fields:
        """A picture of copies of things; ``more`` are fields of the medium."""
        things = [{"what": thing.en, "count": count} for thing, count in groups]
        spec: Fields = {"things": things, "seed": self.seed()}
        return {"scene": spec | ({"background": background} if background else {}), **more}


def number(thing: Concept, count: int) -> Fields:
    """The answer gives this number of the thing."""
    return {"number": count, "of": thing.en}


def call(tool: str, **args: Any) -> Fields:
    """A tool call that is expected."""
    return {"tool": tool, "args": args}


def calls(*expected: Fields, match: str = "unordered") -> Fields:
    """The tool calls of a turn."""
    return {"match": match, "calls": list(expected)}


def noun_rule(thing: Concept) -> Fields:
    """An argument that names a thing, in either language, one or many."""
    return {"any_of": [thing.en, thing.en_plural, thing.zh]}


def count_call(thing: Concept, handle: str = "img-1") -> Fields:
    """The call that counts a thing."""
    return call("count_objects", image={"handle": handle}, noun=noun_rule(thing))
