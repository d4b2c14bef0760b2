"""What an answer says, however it is worded: handles, numbers, things, times, yes or no."""

from __future__ import annotations

import re
from functools import cache

from mm_agent.local.demo.words import noun_of
from mm_agent.vision.demo.clips import Span
from mm_agent.vision.vocabulary import CHINESE_NUMBERS, COLOURS, DIGIT_WORDS, Language, concepts

_HANDLE = re.compile(r"\b(?:img|vid)-\d+(?:@[\d.,@s]*[\ds])?", re.ASCII | re.IGNORECASE)
_FILE = re.compile(r"[\w@,.-]*\.(?:png|safetensors)\b", re.ASCII)
_SHAPE = re.compile(r"\b\d+(?:[x×]\d+)+\b", re.ASCII)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?", re.ASCII)
_NO = {
    "en": re.compile(r"\b(no|not|none|never|without|cannot|nothing|nowhere)\b|n['’]t\b", re.IGNORECASE),
    "zh": re.compile(r"[没不无未]"),
}
_UNSURE = {
    "en": re.compile(r"\b(cannot|can['’]t|could not|couldn['’]t|unable to) (tell|say|judge)\b|\bnot sure\b"),
    "zh": re.compile(r"无法(判断|确定)|(不能|没法)(判断|确定)|不确定|说不准"),
}
_REFUSAL = {
    "en": re.compile(r"\b(cannot|unable|not able|not a|do not|will not|sorry)\b|n['’]t\b", re.IGNORECASE),
    "zh": re.compile(r"不能|无法|不了|不会|不是|没法|没办法|抱歉|对不起"),
}
_DENIED = {
    "en": re.compile(r"\b(?:not|no|without|rather than|instead of) (?:an? |the )?", re.IGNORECASE),
    "zh": re.compile(r"(?:而不是|并非|不是|没有看到|没看到|没有)"),
}
_UNIT = r"\s*(?:s\b|seconds?|秒)?\s*"
_RANGE = re.compile(
    rf"(\d+(?:\.\d+)?){_UNIT}(?:to|until|till|through|–|—|-|~|到|至)\s*第?\s*(\d+(?:\.\d+)?)", re.IGNORECASE
)
_BETWEEN = re.compile(rf"between (\d+(?:\.\d+)?){_UNIT}and (\d+(?:\.\d+)?)", re.IGNORECASE)
_TIME = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(?:s\b|seconds?|秒)", re.IGNORECASE)
_SIDES = {
    "en": re.compile(r"\b(top|upper|bottom|lower)[ -](left|right)\b", re.IGNORECASE),
    "zh": re.compile(r"[左右][上下]|[上下][左右]"),
}


def handles(text: str) -> list[str]:
    """Media handles in the order they are named; those in file names do not count."""
    return [found.lower() for found in _HANDLE.findall(_FILE.sub(" ", text))]


def files(text: str) -> set[str]:
    """Names of files."""
    return set(_FILE.findall(text))


def shapes(text: str) -> set[str]:
    """Such as 8x8x192."""
    return {shape.replace("×", "x") for shape in _SHAPE.findall(_bare(text, shapes=True))}


def numbers(text: str) -> set[float]:
    """All other numbers in digits."""
    return {float(number) for number in _NUMBER.findall(_bare(text))}


def things(text: str, language: Language) -> list[int]:
    """Indices of the concepts that are named, in order; what the answer says it is *not* is left out."""
    pattern, known = _names(language)
    said = _DENIED[language].pattern + pattern
    return [known[name.lower()] for name in re.findall(pattern, re.sub(said, " ", text, flags=re.IGNORECASE))]


def colours(text: str, language: Language) -> list[str]:
    """English names of the background colours that are named, in order."""
    known = {colour.name(language).removesuffix("色"): colour.en for colour in COLOURS}
    known |= {"grey": "gray"} if language == "en" else {"粉红": "pink"}
    names = "|".join(sorted(known, key=len, reverse=True))
    pattern = rf"\b({names})\b" if language == "en" else f"({names})(?:色|的)"
    return [known[name] for name in re.findall(pattern, text.lower())]


def counts(text: str, thing: int, language: Language) -> list[int]:
    """How many of the thing are said to be there, in the order it is said; "no cats" is 0.

    Numbers in front of the thing's name count; without such any whole number that stands alone.
    """
    noun, bare = noun_of(concepts()[thing], language), _bare(text)
    if language == "zh":
        pattern = rf"(?<!第)(\d+|[{''.join(CHINESE_NUMBERS)}二])\s*(?:{noun.measure}|个)"
        found = [_number(word) for word in re.findall(pattern, bare)]
        return found or ([0] if polarity(text, language) is False else _alone(bare))
    names = "|".join(re.escape(name) for name in (noun.many, noun.one))
    words = "|".join((*DIGIT_WORDS, "an?", "no"))
    found = re.findall(rf"(?<![\w.-])(\d+|{words}) (?:\w+ )?(?:{names})\b", bare, re.IGNORECASE)
    return [_number(word.lower()) for word in found] or _alone(bare)


def polarity(text: str, language: Language) -> bool | None:
    """Whether the answer affirms or denies; None when it says that it cannot tell."""
    if not text.strip() or unsure(text, language):
        return None
    return _NO[language].search(text) is None


def unsure(text: str, language: Language) -> bool:
    """Whether it says that it cannot tell."""
    return _UNSURE[language].search(text.lower()) is not None


def refuses(text: str, language: Language) -> bool:
    """Whether it says that it cannot or will not help."""
    return _REFUSAL[language].search(text) is not None


def spans(text: str) -> list[Span]:
    """Times in seconds: "3.0 to 5.0 s", "between 3 and 5 s", "appears at 3 s and leaves at 5 s"."""
    bare = _bare(text)
    found = sorted((m.start(), m.groups()) for way in (_RANGE, _BETWEEN) for m in way.finditer(bare))
    pairs = [(float(start), float(end)) for _, (start, end) in found]
    if not pairs:
        times = [float(time) for time in _TIME.findall(bare)]
        pairs = list(zip(times[::2], times[1::2], strict=False))
    return [(start, end) for start, end in pairs if start < end]


def corners(text: str, language: Language) -> set[str]:
    """Corners that are named, as "top left"."""
    if language == "en":
        rows = {"upper": "top", "lower": "bottom"}
        found = (match.lower() for match in _SIDES["en"].findall(text) for match in [" ".join(match)])
        return {" ".join(rows.get(word, word) for word in corner.split()) for corner in found}
    return {
        f"{'top' if '上' in corner else 'bottom'} {'left' if '左' in corner else 'right'}"
        for corner in _SIDES["zh"].findall(text)
    }


def _bare(text: str, *, shapes: bool = False) -> str:
    """Without file names, handles and shapes."""
    for pattern in (_FILE, _HANDLE) if shapes else (_FILE, _HANDLE, _SHAPE):
        text = pattern.sub(" ", text)
    return text


def _alone(bare: str) -> list[int]:
    words = "|".join(DIGIT_WORDS[2:])
    found = re.findall(rf"(?<![\w.-])(?:\d+(?![\d.%]*\d|%)|(?:{words})\b)", bare.lower(), re.ASCII)
    return [_number(word) for word in found]


def _number(word: str) -> int:
    if word.isdecimal() and word.isascii():
        return int(word)
    if word in ("a", "an", "no"):
        return int(word != "no")
    if word == "二":
        return 2
    return (DIGIT_WORDS if word in DIGIT_WORDS else CHINESE_NUMBERS).index(word)


@cache
def _names(language: Language) -> tuple[str, dict[str, int]]:
    """A pattern that finds names, the longest first ("hot dog" is no dog), and what they mean."""
    known: dict[str, int] = {}
    for index, concept in enumerate(concepts()):
        noun = noun_of(concept, language)
        for name in (noun.one, noun.many):
            known.setdefault(name.lower(), index)
    longest = sorted(known, key=len, reverse=True)
    edge = r"\b" if language == "en" else ""
    return f"(?i:{edge}({'|'.join(map(re.escape, longest))}){edge})", known
