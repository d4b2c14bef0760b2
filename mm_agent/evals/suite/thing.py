"""Which thing a word of a suite, of an answer or of a tool's report means."""

from __future__ import annotations

from mm_agent.vision.vocabulary import Concept, stickers, world


def thing_of(word: str) -> Concept | None:
    """The drawn thing that a word names, else that of the world, else None.

    Drawn things come first: a suite's "clock" is the alarm clock that is drawn under this name.
    """
    return stickers().find(word) or world().find(word)
