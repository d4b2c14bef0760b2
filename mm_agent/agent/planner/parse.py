"""From a question to what it wants: its language, the pictures it means, and its intents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mm_agent.agent.message import Medium
from mm_agent.agent.planner import chinese, english, english_tidy
from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.masking import mask, unmask_all
from mm_agent.agent.planner.pictures import Mention, find_mentions
from mm_agent.prompt_files import Language, detect_language

_SMALL = (want.Greeting, want.Unsupported)
_ENGLISH_PARTS = re.compile(
    r"(?<=[?!.;])\s+|,?\s+and\s+(?=(?:what|which|where|how|is|are|does|do|can)\b)|,\s+(?=(?:what"
    r"|where|how|is there)\b)"
)
_CHINESE_PARTS = re.compile(r"[？?！!。；;]+|，(?=.*(?:什么|几|多少|哪|吗|有没有|是不是))")


@dataclass(frozen=True)
class Question:
    """A question understood: never without an intent."""

    intents: tuple[Intent, ...]
    mention: Mention
    language: Language


def parse_question(text: str, media: Sequence[Medium] = ()) -> Question:
    """Understand a question, by itself: pronouns and follow-ups are left for the dialogue."""
    language = detect_language(text)
    quoted = re.search(r"[\"“「『«‘]|(?<!\w)'.+'(?!\w)", text)
    whole = find_mentions(text.strip(), media) if not quoted else _unquoted_mentions(text.strip(), media)
    parts = [] if quoted else _split(whole.text, language)
    found = [intent for part in parts if (intent := _parse(part, language)) is not None]
    real = tuple(intent for intent in found if not isinstance(intent, _SMALL))
    if len(parts) < 2 or not real or (len(real) < len(found) and not _sentences(whole.text)):
        real = (_parse(whole.text, language),)
    return Question(tuple(dict.fromkeys(real)), whole, language)


def _unquoted_mentions(text: str, media: Sequence[Medium]) -> Mention:
    """Handles and file names only: words inside a quoted sentence are not about which picture."""
    outside = re.sub(r"[\"“「『«‘].*[\"”」』»’]|(?<!\w)'.+'(?!\w)", " ", text)
    named = find_mentions(outside, media)
    return Mention(text, named.handles, named.missing, named.every, named.other, named.region)


def _split(text: str, language: Language) -> list[str]:
    pattern = _CHINESE_PARTS if language == "zh" else _ENGLISH_PARTS
    return [part for part in pattern.split(text) if part and part.strip(" ?!.,，。？")]


def _sentences(text: str) -> bool:
    """Whether the parts are sentences of their own, so that small talk among them may be passed over."""
    return bool(re.search(r"[?!.。？！]\s*\S", text))


def _parse(text: str, language: Language) -> Intent:
    if language == "zh":
        return unmask_all(chinese.parse_chinese(mask(chinese.tidy(text))))
    return unmask_all(english.parse_english(mask(english_tidy.tidy(text))))
