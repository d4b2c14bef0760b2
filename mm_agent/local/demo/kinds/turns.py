"""One call, what the tool says, and the answer: the steps that several kinds of questions share."""

from __future__ import annotations

from mm_agent.local.demo import looks
from mm_agent.local.demo.kinds.answers import count_answer, label_answer, there_answer
from mm_agent.local.demo.talk import Talk


def count_there(talk: Talk, handle: str, noun: str) -> None:
    """Count a thing."""
    talk.call(("count_objects", {"image": handle, "noun": noun}))
    found = looks.count(talk.world, handle, noun)
    talk.see(found)
    talk.answer(count_answer(talk, found))


def look_at(talk: Talk, handle: str) -> None:
    """Say what is there."""
    talk.call(("classify_image", {"image": handle}))
    found = looks.labels(talk.world, handle, None)
    talk.see(found)
    talk.answer(label_answer(talk, found))


def look_for(talk: Talk, handle: str, noun: str) -> None:
    """Say whether a thing is there."""
    talk.call(("classify_image", {"image": handle, "labels": [noun]}))
    found = looks.labels(talk.world, handle, [noun])
    talk.see(found)
    talk.answer(there_answer(talk, found))


def look_closely(talk: Talk, handle: str, box: looks.Box | None) -> None:
    """Say what a region shows."""
    talk.call(("inspect_region", {"image": handle}))
    found = looks.region(talk.world, handle, box)
    talk.see(found)
    talk.answer(label_answer(talk, found, "inspect_region"))
