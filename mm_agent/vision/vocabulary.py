"""Everyday things and background colours with their English and Chinese names.

The table lies beside this file (``vocabulary.tsv``): one concept a row, with its plural, its Chinese measure
word and the emoji drawings that show it. It is the label set of the demo weights and the built-in vocabulary
for tags.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["en", "zh"]

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CHINESE_NUMBERS = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十")
DEFAULT_MEASURE = "个"
ARTICLES = ("a ", "an ", "the ", "any ", "some ")


@dataclass(frozen=True)
class Concept:
    """One thing: ``key`` is stable, ``drawings`` are names of emoji drawings that show it."""

    key: str
    en: str
    en_plural: str
    zh: str
    zh_measure: str
    drawings: tuple[str, ...]

    def name(self, language: Language) -> str:
        """The singular noun in ``language``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Colour:
    """A background colour with its names and its sRGB value (0..255)."""

    en: str
    zh: str
    rgb: tuple[int, int, int]

    def name(self, language: Language) -> str:
        """The colour word in ``language``."""
        return self.zh if language == "zh" else self.en


COLOURS = (
    Colour("red", "红色", (214, 48, 49)),
    Colour("orange", "橙色", (243, 146, 40)),
    Colour("yellow", "黄色", (250, 219, 66)),
    Colour("green", "绿色", (62, 166, 75)),
    Colour("blue", "蓝色", (52, 112, 214)),
    Colour("purple", "紫色", (138, 72, 184)),
    Colour("pink", "粉色", (247, 160, 190)),
    Colour("brown", "棕色", (128, 82, 48)),
    Colour("gray", "灰色", (140, 142, 145)),
    Colour("white", "白色", (246, 246, 244)),
)
BLACK = Colour("black", "黑色", (22, 22, 24))
"""No background is black, but things are."""


@cache
def concepts() -> tuple[Concept, ...]:
    """All concepts, in the order of the table."""
    text = files("mm_agent.vision").joinpath("vocabulary.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return tuple(_concept(**row) for row in rows)


def _concept(*, drawings: str, **names: str) -> Concept:
    return Concept(**names, drawings=tuple(drawings.split(",")))


@cache
def _by_name() -> dict[str, Concept]:
    names: dict[str, Concept] = {}
    for concept in concepts():
        forms = {concept.key.replace("_", " "), concept.en, concept.en_plural, concept.zh}
        # "cup of coffee" is also found as "coffee", "pair of glasses" as "glasses".
        forms |= {form.split(" of ", 1)[1] for form in (concept.en, concept.en_plural) if " of " in form}
        for form in forms:
            names.setdefault(form.lower(), concept)
    return names


def find(noun: str) -> Concept | None:
    """The concept a noun names (singular, plural or Chinese; case and articles ignored), or None."""
    word = " ".join(noun.lower().split()).strip(" .,!?。，！？")
    for article in ARTICLES:
        word = word.removeprefix(article)
    return _by_name().get(word)


def colour_word(name: str, language: Language) -> str:
    """The word in ``language`` for a colour's English name; a name that is none of ours stays as it is."""
    return next((colour.name(language) for colour in (*COLOURS, BLACK) if colour.en == name), name)


def noun_forms(noun: str, count: int, language: Language) -> str:
    """``noun`` counted: ``("cat", 2, "en")`` gives "2 cats", ``("cat", 2, "zh")`` gives "两只猫".

    Nouns outside the vocabulary get a regular English plural or the general measure word.
    """
    concept = find(noun)
    if language == "zh":
        number = CHINESE_NUMBERS[count] if count < len(CHINESE_NUMBERS) else str(count)
        return f"{number}{concept.zh_measure}{concept.zh}" if concept else f"{number}{DEFAULT_MEASURE}{noun}"
    if concept:
        return f"{count} {concept.en if count == 1 else concept.en_plural}"
    return f"{count} {noun if count == 1 else regular_plural(noun)}"


def regular_plural(noun: str) -> str:
    """The regular English plural; a noun that already ends like one is left alone."""
    if noun.endswith("s") and not noun.endswith("ss"):
        return noun
    if noun.endswith(("ss", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def labels(language: Language) -> list[str]:
    """The names of all concepts in ``language``."""
    return [concept.name(language) for concept in concepts()]
