"""Questions about one of two pictures, or both."""

from __future__ import annotations

from mm_agent.local.demo.exam import truth
from mm_agent.local.demo.exam.case import Case, Draw
from mm_agent.local.demo.words import pick

NAMES = {
    "en": (("the first picture", "the second picture"), ("img-1", "img-2")),
    "zh": (("第一张图", "第二张图"), (" img-1 ", " img-2 ")),
}


def _second(draw: Draw) -> Case:
    """A count in the second, which alone has the thing."""
    thing, copies = draw.thing(), draw.copies()
    question = draw.ask("second picture", thing)
    calls = [("count_objects", {"image": "img-2", "noun": draw.word(thing, question)})]
    media = [draw.picture((draw.thing(thing), 1)), draw.picture((thing, copies))]
    return draw.case(media, [question], calls, truth.counted(thing, copies, draw.language))


def _compare(draw: Draw) -> Case:
    """Two pictures of different things."""
    first, second = draw.things(2)
    one, two = pick(NAMES[draw.language], draw.rng)
    question = draw.ask("compare", one=one, two=two).strip()
    calls = [("compare_images", {"image": "img-1", "other": "img-2"})]
    true = truth.told_apart({"img-1": first, "img-2": second}, draw.language)
    return draw.case([draw.picture((first, 1)), draw.picture((second, 1))], [question], calls, true)


def _both(draw: Draw) -> Case:
    """The same thing in both, so many here and so many there."""
    thing = draw.thing()
    copies = [int(number) + 1 for number in draw.rng.permutation(4)[:2]]
    question = draw.ask("both", thing)
    word = draw.word(thing, question)
    calls = [("count_objects", {"image": handle, "noun": word}) for handle in ("img-1", "img-2")]
    true = truth.counted_in(thing, {"img-1": copies[0], "img-2": copies[1]}, draw.language)
    return draw.case([draw.picture((thing, number)) for number in copies], [question], calls, true)


MAKERS = {"second picture": _second, "compare": _compare, "both": _both}
