"""Nouns: from the words of a question to a concept of the world vocabulary, or to the word as written."""

from __future__ import annotations

import re

from mm_agent.agent.planner.intents import PRONOUN
from mm_agent.agent.planner.masking import unmask
from mm_agent.prompt_files import Language
from mm_agent.vision.vocabulary import DEFAULT_MEASURE, Concept, find, regular_plural

_DETERMINERS = re.compile(
    r"^(?:(?:of|the|a|an|any|some|all|those|these|that|this|my|your|each|every|other|actual|real"
    r"|visible|separate"
    r"|single|individual|different|total|more|kinds? of|pictures? of|photos? of|images? of|drawings? of)\s+)+"
)
# Words after which a noun phrase is over.
_CLAUSE = re.compile(
    r"\s*\b(?:is|are|was|were|do|does|did|can|could|in|on|at|there|here|you|i|we|visible|shown|seen"
    r"|appear\w*|present"
    r"|exist\w*|has|have|altogether|please|overall|right now|displayed|depicted|drawn|pictured"
    r"|within|inside|against"
    r"|with|anywhere|somewhere|hiding|located|around|too|also|as well|or not|to be|now)\b.*$"
)
_ENGLISH_PRONOUNS = {
    "it",
    "they",
    "them",
    "that",
    "this",
    "those",
    "these",
}
_ONE = re.compile(r"(?:[\w-]+ )?ones?")  # "the left one" is one of those spoken of
_ADJECTIVE = re.compile(
    r"^(?:big|small|little|large|tiny|cute|red|orange|yellow|green|blue|purple|pink|brown|gr[ae]y|white|black"
    r"|cartoon|drawn|colou?rful|main|lovely|nice)\s+"
)
_GENERIC = re.compile(
    r"^(?:(?:\w+ )?(?:object|thing|item|element|stuff|sticker|emoji)s?|anything|something|everything)$"
)
_GENERIC_CHINESE = {"东西", "物体", "物品", "对象", "事物", "什么", "东西呢", "贴纸"}
CHINESE_PRONOUNS = {
    "它",
    "它们",
    "他们",
    "他",
    "她",
    "这个",
    "那个",
    "这些",
    "那些",
    "这",
    "那",
    "其",
    "这东西",
}
_LEADING_MEASURES = (
    "只个条头匹辆架朵颗棵张把件支枝根艘台本杯块片瓶碗盘串座栋种名位双对顶束粒面盏部轮枚份道团副列种样"
)
MEASURES = f"{_LEADING_MEASURES}间家场套株幅处扇盒卷口段丛排罐袋节盆包堆股桶床管门封所次滴阵捆"
"""Measure words; those that also begin many nouns are none before a word that nobody knows."""


def english_noun(phrase: str) -> str | None:
    """The noun of an English phrase: ``PRONOUN``, "" for things in general, None when no noun is left."""
    word = _DETERMINERS.sub("", phrase.strip(" .,!?:;'\""))
    word = word if _known(word) else _CLAUSE.sub("", word).strip(" ,'\"")
    word = _DETERMINERS.sub("", word + " ").strip()
    if not word:
        return None
    if word in _ENGLISH_PRONOUNS or _ONE.fullmatch(word):
        return PRONOUN
    if _GENERIC.match(word):
        return ""
    return canonical(word)


def chinese_noun(phrase: str) -> str | None:
    """The noun of a Chinese phrase; the same special values as ``english_noun``."""
    word = (
        re.sub(r"^[的了些是有着在把一]+(?=.)", "", phrase.strip(" ，。？！、：“”\"'的吗呢啊呀吧了"))
        if phrase
        else ""
    )
    if not word:
        return None
    if word in CHINESE_PRONOUNS:
        return PRONOUN
    for candidate in (word, word[1:] if word[:1] in MEASURES and len(word) > 1 else word):
        if candidate in _GENERIC_CHINESE:
            return ""
        if _known(candidate):
            return canonical(candidate)
    without = word[1:] if len(word) > 1 and word[0] in _LEADING_MEASURES else word
    return "" if without in _LEADING_MEASURES else canonical(without)


def canonical(word: str) -> str:
    """The English singular of a known noun, which every encoder reads; any other word as it is."""
    concept = _known(word)
    if concept:
        return concept.en
    shorter = _ADJECTIVE.sub("", word)
    while shorter != word:
        if concept := _known(shorter):
            return concept.en
        word, shorter = shorter, _ADJECTIVE.sub("", shorter)
    return word


def _known(word: str) -> Concept | None:
    """The concept a word names, directly or behind 小, 大 and the like."""
    plain = word[1:] if len(word) > 1 and word[0] in "小大红黄蓝绿白黑" else ""
    return find(unmask(word)) or (find(unmask(plain)) if plain else None)


def is_known(word: str) -> bool:
    """Whether the vocabulary knows a word, under any of its names."""
    return _known(word.strip(" .,!?，。？！")) is not None


def said(noun: str, language: Language) -> str:
    """A noun alone, singular: "cat", "pair of glasses", "猫"."""
    concept = find(noun)
    if concept is None:
        return noun
    return concept.zh if language == "zh" else concept.singular_en


def counted(noun: str, number: int, language: Language) -> str:
    """A noun with a number, always as a digit: "2 cats", "0 cats", "2 只猫"."""
    concept = find(noun)
    if language == "zh":
        measure = concept.zh_measure if concept else DEFAULT_MEASURE
        return f"{number} {measure}{said(noun, 'zh')}"
    if concept:
        word = concept.counted_en if number == 1 else concept.en_plural
    else:
        word = noun if number == 1 else regular_plural(noun)
    return f"{number} {word}"


def plural(noun: str, language: Language) -> str:
    """A noun for several: "cats", "猫"."""
    return said(noun, "zh") if language == "zh" else counted(noun, 2, "en").removeprefix("2 ")


def is_countable(noun: str) -> bool:
    """Whether a number of it says something: not of places, weather and activities."""
    concept = find(noun)
    return concept is None or concept.is_countable


def article(noun: str) -> str:
    """A noun with its English article; plural-looking ones and mass nouns ("bread") get none."""
    concept = find(noun)
    if concept is None and noun.endswith("s") and not noun.endswith(("ss", "us")):
        return noun
    if concept is not None and noun in (concept.en, concept.singular_en) and not concept.takes_article:
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' and not noun.startswith(('uni', 'eu')) else 'a'} {noun}"
