"""Which things of the vocabulary a sentence names."""

from __future__ import annotations

import re

from mm_agent.agent.planner.longest import Found, longest_names
from mm_agent.agent.planner.nouns import MEASURES
from mm_agent.vision.vocabulary import ARTICLES, BLACK, COLOURS, Concept, find

# Whether somebody sits or runs is nothing to count; the sentence as a whole is scored all the same.
_NO_THINGS = frozenset({"activity", "event", "time"})
# Words that mostly mean something else in a sentence than the thing they may name.
_OFTEN_OTHERWISE = frozenset((
    "can", "fly", "goal", "head", "judge", "match", "model", "net", "plug", "saw", "sign", "slide", "spring",
    "square", "stage", "swing", "tick", "top", "well", *"画天头手字信线布香派包药",
))  # fmt: skip
_COLOUR_NAMES = frozenset(colour.en for colour in (*COLOURS, BLACK))
_BEHIND_A_COLOUR = re.compile(r" (?!(?:and|or|in|on|at|is|are|with|next|beside|under)\b)[a-z]")
_NUMBER = re.compile(r"[\d一两二三四五六七八九十几多每这那整]")


def known_in(sentence: str) -> list[str]:
    """The English names of the vocabulary's things in a sentence, in order; long names before their parts."""
    text = sentence.lower()
    found = [thing.en for at, thing in longest_names(text, _thing) if not _means_otherwise(text, at)]
    return list(dict.fromkeys(found))


def _thing(name: str) -> Concept | None:
    concept = None if name.startswith(ARTICLES) else find(name)
    return None if concept is None or concept.group in _NO_THINGS else concept


def _means_otherwise(text: str, found: Found) -> bool:
    """ "on top", the colour of "an orange background", and the measure word of 三头牛."""
    if found.name in _COLOUR_NAMES:
        return _BEHIND_A_COLOUR.match(text, found.end) is not None
    measured = found.name in MEASURES and _NUMBER.match(text, found.start - 1) and found.end < len(text)
    return found.name in _OFTEN_OTHERWISE or (found.start > 0 and bool(measured))
