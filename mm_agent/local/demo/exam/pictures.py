"""Questions about one picture."""

from __future__ import annotations

from dataclasses import replace

from mm_agent.local.demo.exam import truth
from mm_agent.local.demo.exam.case import RULES, Case, Draw
from mm_agent.vision.demo.scenes import Scene, arrange
from mm_agent.vision.vocabulary import COLOURS, concepts, noun_forms, stickers

CORNERS = {
    "top left": (0.2, 0.2),
    "top right": (0.8, 0.2),
    "bottom left": (0.2, 0.8),
    "bottom right": (0.8, 0.8),
}


def corner_scene(draw: Draw, *groups: tuple[int, str]) -> Scene:
    """Things alone in corners: (thing, corner) each."""
    scene = arrange([(thing, 1) for thing, _ in groups], draw.rng, RULES)
    moved = [
        replace(thing, x=CORNERS[corner][0], y=CORNERS[corner][1], side=0.36)
        for thing, (_, corner) in zip(scene.things, groups, strict=True)
    ]
    return replace(scene, things=tuple(moved))


def corners(draw: Draw, count: int) -> list[str]:
    """Different ones."""
    return [list(CORNERS)[index] for index in draw.rng.permutation(len(CORNERS))[:count]]


def _count(draw: Draw) -> Case:
    thing, copies = draw.thing(), draw.copies()
    question = draw.ask("count", thing)
    calls = [("count_objects", {"image": "img-1", "noun": draw.word(thing, question)})]
    true = truth.counted(thing, copies, draw.language)
    return draw.case([draw.picture((thing, copies))], [question], calls, true)


def _unknown(draw: Draw) -> Case:
    thing, copies = draw.thing(), draw.copies()
    question = draw.ask("unknown handle", thing, r="img-7")
    word = draw.word(thing, question)
    calls = [("count_objects", {"image": handle, "noun": word}) for handle in ("img-7", "img-1")]
    true = truth.counted(thing, copies, draw.language)
    return draw.case([draw.picture((thing, copies))], [question], calls, true)


def _what(draw: Draw) -> Case:
    thing = draw.thing()
    calls = [("classify_image", {"image": "img-1"})]
    true = truth.shows(thing, draw.language)
    return draw.case([draw.picture((thing, 1))], [draw.ask("what")], calls, true)


def _there(draw: Draw) -> Case:
    thing = draw.thing()
    asked = thing if draw.kind == "there" else draw.thing(thing)
    question = draw.ask("there", asked)
    calls = [("classify_image", {"image": "img-1", "labels": [draw.word(asked, question)]})]
    true = truth.there(asked, asked == thing, draw.language)
    return draw.case([draw.picture((thing, int(draw.rng.integers(1, 4))))], [question], calls, true)


def _colour(draw: Draw) -> Case:
    scene = arrange([(draw.thing(), int(draw.rng.integers(1, 3)))], draw.rng, RULES)
    calls = [("inspect_region", {"image": "img-1"})]
    true = truth.coloured(COLOURS[scene.colour].en, draw.language)
    return draw.case([draw.drawn(scene)], [draw.ask("colour")], calls, true)


def _where(draw: Draw) -> Case:
    thing, (corner,) = draw.thing(), corners(draw, 1)
    question = draw.ask("where", thing)
    calls = [("locate", {"image": "img-1", "query": draw.word(thing, question)})]
    true = truth.placed(corner, draw.language)
    return draw.case([draw.drawn(corner_scene(draw, (thing, corner)))], [question], calls, true)


def _which(draw: Draw) -> Case:
    found = draw.things(3)
    order = [concepts()[found[i]].name(draw.language) for i in draw.rng.permutation(3)]
    first, second, third = order
    listed = f"{first}, {second} or {third}" if draw.language == "en" else f"{first}、{second}还是{third}"
    calls = [("classify_image", {"image": "img-1", "labels": order, "exclusive": True})]
    true = truth.chosen(found[0], draw.language)
    return draw.case([draw.picture((found[0], 1))], [draw.ask("which", list=listed)], calls, true)


def _fits(draw: Draw) -> Case:
    thing, copies = draw.thing(), draw.copies()
    said = thing if draw.kind == "fits" else draw.thing(thing)
    sentence = noun_forms(concepts()[said].name(draw.language), copies, draw.language, stickers())
    calls = [("match_text", {"image": "img-1", "texts": [sentence]})]
    true = truth.fits(said == thing, draw.language)
    return draw.case([draw.picture((thing, copies))], [draw.ask("fits", s=sentence)], calls, true)


def _refuse(draw: Draw) -> Case:
    picture = draw.picture((draw.thing(), 1))
    return draw.case([picture], [draw.ask("not about media")], [], truth.refused(draw.language))


MAKERS = {
    "count": _count, "what": _what, "there": _there, "not there": _there, "colour": _colour, "where": _where,
    "which": _which, "fits": _fits, "does not fit": _fits, "unknown handle": _unknown,
    "not about media": _refuse,
}  # fmt: skip
