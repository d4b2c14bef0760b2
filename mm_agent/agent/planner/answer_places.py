"""Answers about where things are."""

from __future__ import annotations

from typing import Any

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.calls import locate_call
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.nouns import article, plural, said
from mm_agent.agent.planner.places import PLACE_PARTS, part_words, point_of
from mm_agent.agent.planner.wording import (
    count_of,
    evidence_of,
    listed,
    presence_of,
    say,
    score,
    scores,
    seen,
    spaced,
)
from mm_agent.projection.places import place_words


def where(intent: want.Where, turn: Turn, handle: str) -> str:
    """Where each thing is."""
    return spaced((_where_one(turn, handle, noun) for noun in intent.nouns), turn.language)


def place_check(intent: want.PlaceCheck, turn: Turn, handle: str) -> str:
    """Whether a thing is in a part of the picture."""
    regions = _regions(turn, handle, intent.noun)
    if not regions:
        return _absent(turn, handle, intent.noun, yes_no=True)
    part = PLACE_PARTS[intent.place]
    inside = next((region for region in regions if part.holds(*_middle(turn, handle, region))), None)
    found = inside or regions[0]
    noun = seen(turn, locate_call(handle, intent.noun), said(intent.noun, turn.language))
    values = {"noun": noun, "handle": handle, "region": found["handle"], "score": score(found["score"])}
    if inside:
        return say("place_yes", turn.language, place=part_words(intent.place, turn.language), **values)
    return say("place_no", turn.language, place=place_words(found["where"], turn.language), **values)


def beside(intent: want.Beside, turn: Turn, handle: str) -> str:
    """Whether one thing is on a side of another, by the middles of their best regions."""
    first, second = (_regions(turn, handle, noun) for noun in (intent.first, intent.second))
    for noun, regions in ((intent.first, first), (intent.second, second)):
        if not regions:
            return _absent(turn, handle, noun, yes_no=True)
    (x1, y1), (x2, y2) = _middle(turn, handle, first[0]), _middle(turn, handle, second[0])
    right = {"left": x1 < x2, "right": x1 > x2, "above": y1 < y2, "below": y1 > y2}[intent.side]
    return say(
        "beside_yes" if right else "beside_no",
        turn.language,
        handle=handle,
        first=said(intent.first, turn.language),
        first_place=place_words(first[0]["where"], turn.language),
        second=said(intent.second, turn.language),
        second_place=place_words(second[0]["where"], turn.language),
        scores=scores((first[0]["score"], second[0]["score"]), turn.language),
    )


def _where_one(turn: Turn, handle: str, noun: str) -> str:
    regions = _regions(turn, handle, noun)
    if not regions:
        return _absent(turn, handle, noun, yes_no=False)
    places = listed(
        list(dict.fromkeys(place_words(region["where"], turn.language) for region in regions)), turn.language
    )
    best, several = regions[0], len(regions) > 1
    named = plural(noun, turn.language) if several else said(noun, turn.language)
    return say(
        "where_several" if several else "where",
        turn.language,
        noun=seen(turn, locate_call(handle, noun), named),
        place=places,
        handle=handle,
        region=best["handle"],
        score=score(best["score"]),
    )


def _regions(turn: Turn, handle: str, noun: str) -> list[dict[str, Any]]:
    """The regions of a thing, best first, as many as there are of it; none when it is not there."""
    about, _ = count_of(turn, handle, noun)
    found = evidence_of(turn, locate_call(handle, noun))["regions"]
    return list(found[:about])


def _absent(turn: Turn, handle: str, noun: str, *, yes_no: bool) -> str:
    """That a thing is not there, or that it is but not to be placed."""
    there, value = presence_of(turn, handle, noun)
    section = "where_unsure" if there else "absent_no" if yes_no else "absent"
    named = said(noun, turn.language)
    named = article(named) if there and turn.language == "en" else named
    return say(section, turn.language, noun=named, handle=handle, score=score(value))


def _middle(turn: Turn, handle: str, region: dict[str, Any]) -> tuple[float, float]:
    """The middle of a region as shares of width and height; by its place when the size is not known."""
    medium = turn.medium(handle)
    if medium is None or not medium.width or not medium.height:
        return point_of(region["where"])
    left, top, right, bottom = region["box"]
    return (left + right) / 2 / medium.width, (top + bottom) / 2 / medium.height
