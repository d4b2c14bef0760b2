"""Questions about a named region of a picture, its features and its heat map."""

from __future__ import annotations

from mm_agent.local.demo.exam import truth
from mm_agent.local.demo.exam.case import SIDE, Case, Draw
from mm_agent.local.demo.exam.pictures import corner_scene, corners


def _region(draw: Draw) -> Case:
    """Two things in two corners, and the box of one."""
    first, second = draw.things(2)
    here, elsewhere = corners(draw, 2)
    scene = corner_scene(draw, (first, here), (second, elsewhere))
    handle = f"img-1@{','.join(map(str, scene.things[0].box(SIDE)))}"
    calls = [("inspect_region", {"image": handle})]
    true = truth.shows(first, draw.language)
    return draw.case([draw.drawn(scene)], [draw.ask("region", r=handle)], calls, true)


def _features(draw: Draw) -> Case:
    kind = {"kind": "patch"} if draw.kind == "patch features" else {}
    calls = [("extract_features", {"image": "img-1"} | kind)]
    picture = draw.picture((draw.thing(), draw.copies()))
    return draw.case([picture], [draw.ask(draw.kind)], calls, truth.saved("img-1"))


def _map(draw: Draw) -> Case:
    thing, (corner,) = draw.thing(), corners(draw, 1)
    named = draw.kind == "map of a thing"
    question = draw.ask(draw.kind, thing if named else None)
    query = {"query": draw.word(thing, question)} if named else {}
    calls = [("summarise_feature_map", {"image": "img-1"} | query)]
    true = truth.mapped("img-1", corner, draw.language)
    return draw.case([draw.drawn(corner_scene(draw, (thing, corner)))], [question], calls, true)


MAKERS = {
    "region": _region, "features": _features, "patch features": _features, "map": _map,
    "map of a thing": _map,
}  # fmt: skip
