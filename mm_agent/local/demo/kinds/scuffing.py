"""Questions as people type them: a word dropped, doubled by another, or one that nobody knows.

A tiny model knows only the words it has read. Scuffed questions teach it to go by what is left of them, not
by a whole known sentence.
"""

from __future__ import annotations

import re

import numpy as np

from mm_agent.local.demo.words import made_up, pick
from mm_agent.vision.vocabulary import Language

_PARTS = {"en": re.compile(r"\S*\{\w+\}\S*|\S+"), "zh": re.compile(r"\{\w+\}|[a-zA-Z\d-]+|.")}
_EDITS = ("drop", "drop", "replace", "insert", "swap")


def scuff(template: str, language: Language, rng: np.random.Generator) -> str:
    """Change one or two words, in Chinese characters, of a question; ``{places}`` and their edges stay."""
    parts: list[str] = _PARTS[language].findall(template)
    for _ in range(rng.integers(1, 3)):
        free = [
            place for place in range(len(parts)) if not any(map(_fixed, parts[max(place - 1, 0) : place + 2]))
        ]
        if len(free) > 1:
            _edit(parts, pick(free, rng), language, rng)
    return ("" if language == "zh" else " ").join(parts)


def _fixed(part: str) -> bool:
    return "{" in part or part in "？。，,.?!：:"


def _edit(parts: list[str], place: int, language: Language, rng: np.random.Generator) -> None:
    edit = pick(_EDITS, rng)
    if edit == "drop":
        del parts[place]
    elif edit == "replace":
        parts[place] = made_up(language, rng)
    elif edit == "insert":
        parts.insert(place, made_up(language, rng))
    elif place:
        parts[place - 1], parts[place] = parts[place], parts[place - 1]
