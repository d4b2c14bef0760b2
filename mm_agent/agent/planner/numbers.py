"""Numbers and colours in words of both languages."""

from __future__ import annotations

import re

from mm_agent.prompt_files import Language
from mm_agent.vision.vocabulary import CHINESE_NUMBERS, COLOURS, DIGIT_WORDS

_ENGLISH = {word: number for number, word in enumerate(DIGIT_WORDS)} | {
    "single": 1,
    "couple of": 2,
    "pair of": 2,
}
_CHINESE = {word: number for number, word in enumerate(CHINESE_NUMBERS)} | {"二": 2, "俩": 2, "仨": 3}

ENGLISH_NUMBER = r"(?:\d{1,3}|zero|one|two|three|four|five|six|seven|eight|nine|ten)"
CHINESE_NUMBER = r"(?:\d{1,3}|[零一二两三四五六七八九十俩仨])"

_ENGLISH_COLOURS = {colour.en: colour.en for colour in COLOURS} | {
    "grey": "gray",
    "violet": "purple",
    "black": "black",
}
_CHINESE_COLOURS = {colour.zh.removesuffix("色"): colour.en for colour in COLOURS} | {
    "橘": "orange", "橘黄": "orange", "粉红": "pink", "咖啡": "brown", "褐": "brown", "黑": "black",
}  # fmt: skip

ENGLISH_COLOUR = rf"(?:{'|'.join(_ENGLISH_COLOURS)})"
CHINESE_COLOUR = rf"(?:{'|'.join(sorted(_CHINESE_COLOURS, key=len, reverse=True))})色?"


def number(word: str) -> int | None:
    """The number a word or digits stand for, 0 to 999."""
    word = word.strip().lower()
    if word.isascii() and word.isdigit():
        return int(word)
    return _ENGLISH.get(word, _CHINESE.get(word))


def colour(word: str) -> str | None:
    """The English name of a colour word."""
    word = word.strip().lower()
    return (
        _ENGLISH_COLOURS.get(word)
        or _CHINESE_COLOURS.get(word)
        or _CHINESE_COLOURS.get(word.removesuffix("色"))
    )


def colours_in(text: str) -> tuple[str, ...]:
    """The colours a text names, in order."""
    hits = re.findall(rf"\b{ENGLISH_COLOUR}\b|{CHINESE_COLOUR}", text.lower())
    return tuple(dict.fromkeys(found for hit in hits if (found := colour(hit))))


def colour_name(english: str, language: Language) -> str:
    """A colour's word in a language."""
    known = next((entry for entry in COLOURS if entry.en == english), None)
    if known:
        return known.name(language)
    return "黑色" if language == "zh" and english == "black" else english
