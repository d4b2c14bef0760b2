"""Words to ask about: the vocabulary's nouns, made-up words, colours, adjectives.

A fifth of the vocabulary is held out: no training dialogue contains it. Made-up words take its place, so that
the model learns to copy words instead of knowing them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np

from mm_agent.vision.vocabulary import Concept, Language, concepts, regular_plural

T = TypeVar("T")

_ADJECTIVES = {
    "en": [
        "red",
        "green",
        "blue",
        "big",
        "small",
        "old",
        "new",
        "wooden",
        "little",
        "tiny",
        "white",
        "black",
        "round",
        "broken",
        "happy",
        "wet",
    ],
    "zh": ("红色的", "绿色的", "蓝色的", "大", "小", "旧", "新", "白", "黑", "圆", "破", "湿"),
}
_STARTS = (
    "b bl br c ch cl cr d dr f fl g gl gr h j k l m n p pl pr qu r s sc sh sk sl sn st str t th tr v w z"
)
_MIDDLES = "a ai e ea ee i ie o oa oo ou u y"
_ENDS = "b ck d dge ff g k l ll lm m mp n nd ng nk nt p r rd rk rn rt s sh sk ss st t tch th x z"


@dataclass(frozen=True)
class Noun:
    """A thing in one language; a Chinese noun has no plural but a measure word."""

    one: str
    many: str
    measure: str = "个"

    @property
    def indefinite(self) -> str:
        """With its English article."""
        return f"{'an' if self.one[0].lower() in 'aeiou' else 'a'} {self.one}"


def held_out(concept: Concept) -> bool:
    """Whether a concept is kept for the exam."""
    return zlib.crc32(concept.key.encode()) % 5 == 0


@cache
def known_nouns(language: Language, *, exam: bool = False) -> tuple[Noun, ...]:
    """The vocabulary's nouns for training, or those of the exam."""
    return tuple(noun_of(c, language) for c in concepts() if held_out(c) == exam)


def noun_of(concept: Concept, language: Language) -> Noun:
    """A concept's noun."""
    if language == "zh":
        return Noun(concept.zh, concept.zh, concept.zh_measure)
    return Noun(concept.en, concept.en_plural)


def any_noun(language: Language, rng: np.random.Generator) -> Noun:
    """A noun of the vocabulary, a made-up one, one of two words, or one with an adjective."""
    kind = rng.random()
    if kind < 0.5:
        return pick(known_nouns(language), rng)
    word = made_up(language, rng) if kind < 0.85 else pick(known_nouns(language), rng).one
    if kind < 0.65:
        word = _compound(word, language, rng)
    if kind > 0.75:
        adjective = pick(_ADJECTIVES[language], rng)
        word = f"{adjective} {word}" if language == "en" else adjective + word
    return Noun(word, regular_plural(word)) if language == "en" else Noun(word, word)


def _compound(word: str, language: Language, rng: np.random.Generator) -> str:
    """ "fried egg", "police car"; in Chinese two words in one, often with a character twice, as in 甜甜圈."""
    if language == "zh":
        return word[0] + word if rng.random() < 0.6 else word + made_up("zh", rng)
    other = pick(known_nouns(language), rng).one if rng.random() < 0.5 else made_up(language, rng)
    return f"{word} {other}" if rng.random() < 0.5 else f"{other} {word}"


def several(language: Language, rng: np.random.Generator, count: int) -> list[Noun]:
    """Different nouns."""
    found: dict[str, Noun] = {}
    while len(found) < count:
        noun = any_noun(language, rng)
        found.setdefault(noun.one, noun)
    return list(found.values())


def made_up(language: Language, rng: np.random.Generator) -> str:
    """A word nobody knows: English syllables, or one to three of the 3,755 common Chinese characters."""
    if language == "zh":
        return "".join(_character(rng) for _ in range(rng.integers(1, 4)))
    syllables = (
        pick(_STARTS.split(), rng)
        + pick(_MIDDLES.split(), rng)
        + (pick(_ENDS.split(), rng) if rng.random() < 0.6 else "")
        for _ in range(rng.integers(1, 4))
    )
    return "".join(syllables)


def pick(options: Sequence[T], rng: np.random.Generator) -> T:
    """One of them."""
    return options[int(rng.integers(len(options)))]


def _character(rng: np.random.Generator) -> str:
    """A character of GB 2312's first level (rows 16 to 55)."""
    row, cell = int(rng.integers(16, 55)), int(rng.integers(1, 95))
    return bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312")
