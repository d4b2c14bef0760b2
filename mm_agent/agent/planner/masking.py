"""Names whose parts read like grammar, kept whole while a question is parsed.

The rules split "a cat and a dog" at "and" and take 图 for the picture; "fish and chips" and 图书馆 hold the
same pieces. So such names are replaced by one placeholder letter each before the rules see the question,
longest names first, and put back afterwards.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from mm_agent.agent.planner.longest import longest_names
from mm_agent.vision.vocabulary import Concept, regular_plural, world

_ENGLISH_GRAMMAR = frozenset((
    "a", "an", "and", "at", "can", "drawn", "in", "is", "left", "line", "of", "on", "or", "out", "right",
    "the", "to", "two", "up", "with",
))  # fmt: skip
_CHINESE_GRAMMAR = frozenset("一三上下中与以内几及吧和图在多少底是显更有画跟里面")
# Words of the rules, which come before names that begin inside them: 画面包含 holds no 面包.
_CHINESE_RULE_WORDS = frozenset((
    "画面", "里面", "上面", "下面", "外面", "前面", "后面", "对面", "中间", "图里", "图中", "图上", "图片",
    "图像", "图画", "照片里", "照片中", "看到", "看见",
    "有没有", "是不是", "在不在", "多少", "几个", "什么", "哪里",
))  # fmt: skip
_FIRST_PLACEHOLDER = 0x3400  # CJK extension A: letters to a regular expression, and in hardly any question


def mask(text: str) -> str:
    """The text with a placeholder for each such name."""
    masked, end = "", 0
    for found, placeholder in longest_names(text.lower(), _placeholders().get):
        masked += text[end : found.start] + placeholder
        end = found.end
    return masked + text[end:]


def unmask(text: str) -> str:
    """The text with the names put back."""
    return "".join(_originals().get(letter, letter) for letter in text) if not text.isascii() else text


def unmask_all(value: Any) -> Any:
    """The same for all strings in an intent."""
    if isinstance(value, str):
        return unmask(value)
    if isinstance(value, tuple):
        return tuple(unmask_all(part) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {part.name: unmask_all(getattr(value, part.name)) for part in dataclasses.fields(value)}
        return dataclasses.replace(value, **parts)
    return value


@cache
def _placeholders() -> dict[str, str]:
    """A letter for each name; the rules' own words stand for themselves."""
    names = sorted({name for concept in world().concepts for name in _grammatical(concept)})
    letters = {name: chr(_FIRST_PLACEHOLDER + index) for index, name in enumerate(names)}
    return letters | {word: word for word in _CHINESE_RULE_WORDS}


@cache
def _originals() -> dict[str, str]:
    return {letter: name for name, letter in _placeholders().items()}


def _grammatical(concept: Concept) -> Iterator[str]:
    """Those of a concept's names that hold a piece of grammar."""
    english = (concept.en, *(name for name in concept.also if name.isascii()))
    for name in (*english, *map(regular_plural, english), concept.en_plural, concept.counted_en):
        words = re.split(r"[ -]", name.lower())
        if len(words) > 1 and not _ENGLISH_GRAMMAR.isdisjoint(_without_measure(words)):
            yield name.lower()
    for name in (concept.zh, *concept.also):
        if len(name) > 1 and not name.isascii() and not _CHINESE_GRAMMAR.isdisjoint(name):
            yield name.lower()


def _without_measure(words: list[str]) -> list[str]:
    """ "pairs of boots" holds no grammar that the rules would take apart, "plates of fish and chips" does."""
    return words[words.index("of") + 1 :] if "of" in words[:-1] else words
