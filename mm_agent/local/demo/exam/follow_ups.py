"""Second questions that only the first one makes clear."""

from __future__ import annotations

from mm_agent.local.demo.exam import truth
from mm_agent.local.demo.exam.case import THAT_REGION, Case, Draw
from mm_agent.local.demo.exam.pictures import corner_scene, corners


def _another_thing(draw: Draw) -> Case:
    """A count, then another thing in the same picture."""
    first, second = draw.things(2)
    copies = int(draw.rng.integers(1, 3))
    questions = [draw.ask("count", first), draw.ask("another thing", second)]
    calls = [("count_objects", {"image": "img-1", "noun": draw.word(second, questions[1])})]
    picture = draw.picture((first, int(draw.rng.integers(1, 3))), (second, copies))
    return draw.case([picture], questions, calls, truth.counted(second, copies, draw.language))


def _another_picture(draw: Draw) -> Case:
    """A count in the first picture, then in the second."""
    thing = draw.thing()
    copies = [int(number) + 1 for number in draw.rng.permutation(4)[:2]]
    questions = [draw.ask("first picture", thing), draw.ask("another picture")]
    calls = [("count_objects", {"image": "img-2", "noun": draw.word(thing, questions[0])})]
    pictures = [draw.picture((thing, number)) for number in copies]
    return draw.case(pictures, questions, calls, truth.counted(thing, copies[1], draw.language))


def _that_region(draw: Draw) -> Case:
    """Where a thing is, then what is there."""
    thing, (corner,) = draw.thing(), corners(draw, 1)
    questions = [draw.ask("where", thing), draw.ask("that region")]
    calls = [("inspect_region", {"image": THAT_REGION})]
    picture = draw.drawn(corner_scene(draw, (thing, corner)))
    return draw.case([picture], questions, calls, truth.shows(thing, draw.language))


MAKERS = {
    "another thing": _another_thing, "another picture": _another_picture, "that region": _that_region,
}  # fmt: skip
