"""Sentences to hold against a sentence: the same with another number, colour or place.

A score alone says little; a sentence that beats its neighbours is told apart from them by the picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mm_agent.agent.planner.nouns import MEASURES
from mm_agent.agent.planner.numbers import (
    CHINESE_COLOUR,
    CHINESE_NUMBER,
    ENGLISH_COLOUR,
    ENGLISH_NUMBER,
    colour,
    colour_name,
    number,
)
from mm_agent.agent.planner.sentences import known_in
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision.vocabulary import CHINESE_NUMBERS, COLOURS, DIGIT_WORDS, find

_NUMBERS = (1, 2, 3, 4)
_SIDES = {"left": "right", "right": "left", "top": "bottom", "bottom": "top", "左": "右", "右": "左"}


@dataclass(frozen=True)
class Claims:
    """What a sentence says that tools can check one by one."""

    nouns: tuple[str, ...]
    number: int | None
    background: str | None


def claims(sentence: str) -> Claims:
    """Read a sentence: its things, the number when it holds exactly one, the colour of the background."""
    numbers = [found for found in (_number_at(match) for match in _numbers(sentence)) if found is not None]
    nouns = tuple(known_in(sentence))
    return Claims(nouns, numbers[0] if len(numbers) == 1 and len(nouns) == 1 else None, _background(sentence))


def contrasts(sentence: str) -> tuple[str, ...]:
    """The same sentence with one thing changed, at most nine of them."""
    language = detect_language(sentence)
    return tuple(
        dict.fromkeys(
            (
                *_other_numbers(sentence, language),
                *_other_colours(sentence, language),
                *_other_sides(sentence),
            )
        )
    )


def _numbers(sentence: str) -> list[re.Match[str]]:
    pattern = rf"\b{ENGLISH_NUMBER}\b(?! of)|{CHINESE_NUMBER}(?=[{MEASURES}])"
    return list(re.finditer(pattern, sentence.lower()))


def _number_at(match: re.Match[str]) -> int | None:
    return number(match.group())


def _background(sentence: str) -> str | None:
    text = sentence.lower()
    match = re.search(
        rf"(?P<a>{ENGLISH_COLOUR}) (?:background|backdrop)|background (?:is"
        rf"|that is) (?P<b>{ENGLISH_COLOUR})|on (?P<c>{ENGLISH_COLOUR})$"
        rf"|(?P<d>{CHINESE_COLOUR})(?:的)?(?:背景|底)|背景(?:颜色)?(?:是|为)(?P<e>{CHINESE_COLOUR})",
        text,
    )
    return colour(next(part for part in match.groups() if part)) if match else None


def _other_numbers(sentence: str, language: Language) -> list[str]:
    found = _numbers(sentence)
    if len(found) != 1 or (said := _number_at(found[0])) is None:
        return []
    start, end = found[0].span()
    word = found[0].group()
    written = DIGIT_WORDS if language == "en" else CHINESE_NUMBERS
    others = [str(n) if word.isdigit() else written[n] for n in _NUMBERS if n != said]
    return [_agree(sentence[:start] + other + sentence[end:], other, language) for other in others]


def _agree(sentence: str, number_word: str, language: Language) -> str:
    """ "one cats" to "one cat", "two cat" to "two cats", for the vocabulary's nouns."""
    if language == "zh":
        return sentence
    for noun in known_in(sentence):
        concept = find(noun)
        if concept is None:
            continue
        right, wrong = concept.counted_en, concept.en_plural
        if number(number_word) != 1:
            right, wrong = wrong, right
        sentence = re.sub(
            rf"\b{re.escape(number_word)} {re.escape(wrong)}\b", f"{number_word} {right}", sentence
        )
    return sentence


def _other_colours(sentence: str, language: Language) -> list[str]:
    said = _background(sentence)
    if said is None:
        return []
    match = re.search(
        rf"\b{ENGLISH_COLOUR}(?= (?:background|backdrop))|{CHINESE_COLOUR}(?=的?背景)", sentence.lower()
    )
    if not match:
        return []
    others = [entry.en for entry in COLOURS if entry.en != said][:4]
    start, end = sentence[: match.start()], sentence[match.end() :]
    return [_article(f"{start}{colour_name(other, language)}{end}") for other in others]


def _article(sentence: str) -> str:
    """Set "a" or "an" before a colour."""
    return re.sub(r"\ban? (?=orange\b)", "an ", re.sub(rf"\ban (?={ENGLISH_COLOUR}\b)", "a ", sentence))


def _other_sides(sentence: str) -> list[str]:
    swapped = re.sub(
        r"\b(?:left|right|top|bottom)\b|[左右](?=[上下边侧])", lambda hit: _SIDES[hit.group()], sentence
    )
    return [swapped] if swapped != sentence else []
