"""Tool calls for questions about videos: a timeline, moments of a thing, a closer look at its best frame."""

from __future__ import annotations

from collections.abc import Iterator

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.calls import Call, Findings, count_call, locate_call, moments_call, timeline_call
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.nouns import canonical


def video_calls(intent: Intent, handle: str) -> Iterator[Call]:
    """What has to be known about a video first."""
    match intent:
        case want.Identify() | want.Describe() | want.Count(nouns=()):
            yield timeline_call(handle)
        case (
            want.When(nouns=nouns)
            | want.Presence(nouns=nouns)
            | want.Where(nouns=nouns)
            | want.Count(nouns=nouns)
        ):
            yield from (moments_call(handle, noun) for noun in nouns)
        case want.CountCheck(noun=noun):
            yield moments_call(handle, noun)


def frame_calls(intent: Intent, handle: str, findings: Findings) -> Iterator[Call]:
    """What is asked of each thing's best frame, once that is known."""
    match intent:
        case want.Count(nouns=nouns):
            wanted = [(noun, False) for noun in nouns]
        case want.CountCheck(noun=noun):
            wanted = [(noun, False)]
        case want.Where(nouns=nouns):
            wanted = [(noun, True) for noun in nouns]
        case _:
            return
    for noun, place in wanted:
        if frame := best_frame(handle, noun, findings):
            yield count_call(frame, noun)
            if place:
                yield locate_call(frame, noun)


def best_frame(handle: str, noun: str, findings: Findings) -> str | None:
    """The handle of the frame that shows a thing best; None when the video does not show it."""
    moments = (findings.evidence(moments_call(handle, noun)) or {}).get("moments") or []
    return moments[0]["frame"] if moments else None


def first_thing(handle: str, findings: Findings) -> str | None:
    """What a video shows first that was recognised: "it", when nothing else was spoken of."""
    segments = (findings.evidence(timeline_call(handle)) or {}).get("segments", [])
    return next((canonical(tag["label"]) for segment in segments for tag in segment["tags"]), None)
