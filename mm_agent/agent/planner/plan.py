"""From intents to tool calls. With more findings it may want more calls; when it wants none, answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.calls import (
    Call,
    Findings,
    choose_call,
    colour_call,
    count_call,
    domain_call,
    locate_call,
    match_call,
    tags_call,
)
from mm_agent.agent.planner.contrasts import claims, contrasts
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.nouns import canonical, is_countable
from mm_agent.agent.planner.places import PLACE_PARTS
from mm_agent.agent.planner.videos import frame_calls, video_calls

MAX_CALLS = 12
"""As many as ``build_agent`` allows by default."""
MAX_COUNTED = 3
"""Things counted in one picture when a question names none."""


def next_calls(turn: Turn) -> tuple[Call, ...]:
    """The calls still to be made, at most ``MAX_CALLS`` in the whole turn."""
    wanted = dict.fromkeys(call for intent in turn.intents for call in _wanted(intent, turn))
    return tuple(call for call in islice(wanted, MAX_CALLS) if call not in turn.findings)


def present_things(handle: str, findings: Findings) -> list[tuple[str, float]]:
    """What the tags of a picture say is there, best first, with scores."""
    evidence = findings.evidence(tags_call(handle)) or {}
    found = [
        (canonical(item["label"]), item["score"]) for item in evidence.get("labels", []) if item["present"]
    ]
    return found[:MAX_COUNTED]


def countable_things(handle: str, findings: Findings) -> list[tuple[str, float]]:
    """Those of the present things of which there can be a number."""
    return [(noun, score) for noun, score in present_things(handle, findings) if is_countable(noun)]


def part_handle(turn: Turn, handle: str, place: str | None) -> str:
    """The handle of a part of a picture; of all of it when its size is not known."""
    medium = turn.medium(handle)
    if place is None or medium is None or not medium.width or not medium.height or "@" in handle:
        return handle
    box = PLACE_PARTS[place].box(medium.width, medium.height)
    return f"{handle}@{','.join(map(str, box))}"


def fit_texts(sentence: str) -> tuple[str, ...]:
    """A sentence and what it is held against."""
    return (sentence, *contrasts(sentence))


def _wanted(intent: Intent, turn: Turn) -> Iterator[Call]:
    """All calls an intent wants, made or not: first what every picture needs, then details."""
    for handle in turn.targets:
        yield from video_calls(intent, handle) if turn.is_video(handle) else _first(intent, turn, handle)
    for handle in turn.targets:
        if turn.is_video(handle):
            yield from frame_calls(intent, handle, turn.findings)
        else:
            yield from _second(intent, turn, handle)


def _first(intent: Intent, turn: Turn, handle: str) -> Iterator[Call]:
    match intent:
        case want.Identify(place=place):
            yield tags_call(part_handle(turn, handle, place))
        case want.InDomain():
            yield domain_call(handle)
        case want.Same() if len(turn.targets) < 2:
            return
        case want.Describe() | want.Same():
            yield tags_call(handle)
            yield colour_call(handle)
        case want.Count(nouns=()) | want.WhichPicture(noun="", colour=None):
            yield tags_call(handle)
        case want.Count(nouns=nouns) | want.Presence(nouns=nouns):
            yield from (count_call(handle, noun) for noun in nouns)
        case want.CountCheck(noun=noun):
            yield count_call(handle, noun)
        case want.WhichPicture(colour=str()):
            yield colour_call(handle)
        case want.WhichPicture(noun=str(noun)):
            yield count_call(handle, noun)
        case want.MoreOf(first=first, second=second):
            yield from (count_call(handle, noun) for noun in (first, second))
        case want.Colour(thing=thing):
            yield colour_call(handle, thing)
        case want.Where(nouns=nouns):
            yield from (
                call for noun in nouns for call in (count_call(handle, noun), locate_call(handle, noun))
            )
        case want.PlaceCheck(noun=noun):
            yield from (count_call(handle, noun), locate_call(handle, noun))
        case want.Beside(first=first, second=second):
            yield from (
                call
                for noun in (first, second)
                for call in (count_call(handle, noun), locate_call(handle, noun))
            )
        case want.Choose(options=options):
            yield choose_call(handle, options)
        case want.Fits(sentence=sentence):
            yield from _fit_calls(handle, sentence)


def _second(intent: Intent, turn: Turn, handle: str) -> Iterator[Call]:
    """What can only be asked once it is known what is there."""
    whole = (
        isinstance(intent, want.Describe | want.Same)
        or intent in (want.Count(),)
        or (isinstance(intent, want.WhichPicture) and intent.noun == "" and intent.colour is None)
    )
    if whole:
        yield from (count_call(handle, noun) for noun, _ in countable_things(handle, turn.findings))


def _fit_calls(handle: str, sentence: str) -> Iterator[Call]:
    yield match_call(handle, fit_texts(sentence))
    said = claims(sentence)
    yield from (count_call(handle, noun) for noun in said.nouns)
    if said.background:
        yield colour_call(handle)
