"""Answers about videos: what happens, when a thing can be seen, and how it is in its best frame."""

from __future__ import annotations

from typing import Any

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.answer_counts import count, count_check
from mm_agent.agent.planner.answer_places import where
from mm_agent.agent.planner.calls import moments_call, timeline_call
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.nouns import canonical, said
from mm_agent.agent.planner.videos import best_frame
from mm_agent.agent.planner.wording import evidence_of, listed, one, say, score, scores, seen, spaced

MOST_SEGMENTS = 8


def timeline(intent: Intent, turn: Turn, handle: str) -> str:
    """What a video shows from when to when."""
    evidence = evidence_of(turn, timeline_call(handle))
    segments = evidence["segments"]
    head = say("video_lasts", turn.language, handle=handle, seconds=_seconds(evidence["duration"]))
    told = [_segment(segment, turn) for segment in segments[:MOST_SEGMENTS]]
    if len(segments) > MOST_SEGMENTS:
        told.append(say("video_more", turn.language, number=str(len(segments) - MOST_SEGMENTS)))
    return spaced((head, *told), turn.language)


def when(intent: want.When, turn: Turn, handle: str) -> str:
    """From when to when each thing can be seen."""
    return spaced((_shown(turn, handle, noun, "when") for noun in intent.nouns), turn.language)


def presence_in_video(intent: want.Presence, turn: Turn, handle: str) -> str:
    """Whether each thing can be seen at any time."""
    return spaced((_shown(turn, handle, noun, "when_yes") for noun in intent.nouns), turn.language)


def count_in_video(intent: want.Count, turn: Turn, handle: str) -> str:
    """How many of each thing its best frame shows."""
    if not intent.nouns:
        return timeline(intent, turn, handle)
    each = (_in_frame(want.Count((noun,)), turn, handle, noun, count) for noun in intent.nouns)
    return spaced(each, turn.language)


def count_check_in_video(intent: want.CountCheck, turn: Turn, handle: str) -> str:
    """Whether a number is right in the thing's best frame."""
    return _in_frame(intent, turn, handle, intent.noun, count_check)


def where_in_video(intent: want.Where, turn: Turn, handle: str) -> str:
    """Where each thing is in its best frame."""
    each = (_in_frame(want.Where((noun,)), turn, handle, noun, where) for noun in intent.nouns)
    return spaced(each, turn.language)


def ask_frame(intent: Intent, turn: Turn, handle: str) -> str:
    """That the question needs one picture."""
    return say("ask_frame", turn.language, handle=handle)


def when_in_picture(intent: want.When, turn: Turn, handle: str) -> str:
    """That a picture has no time."""
    return say("when_in_picture", turn.language, handle=handle)


def _in_frame(intent: Any, turn: Turn, handle: str, noun: str, word: Any) -> str:
    """A picture's answer for the frame that shows a thing best."""
    frame = best_frame(handle, noun, turn.findings)
    return word(intent, turn, frame) if frame else _shown(turn, handle, noun, "when")


def _shown(turn: Turn, handle: str, noun: str, section: str) -> str:
    evidence = evidence_of(turn, moments_call(handle, noun))
    moments = sorted(evidence["moments"], key=lambda moment: moment["start"])
    if not moments:
        values = {"noun": said(noun, turn.language), "handle": handle, "score": score(evidence["best"])}
        return say("when_never" if section == "when" else "when_no", turn.language, **values)
    spans = [
        say("span", turn.language, start=_seconds(moment["start"]), end=_seconds(moment["end"]))
        for moment in moments
    ]
    return say(
        section,
        turn.language,
        noun=seen(turn, moments_call(handle, noun), one(noun, turn.language)),
        handle=handle,
        spans=listed(spans, turn.language),
        scores=scores([moment["score"] for moment in moments], turn.language),
    )


def _segment(segment: dict[str, Any], turn: Turn) -> str:
    span = say("span", turn.language, start=_seconds(segment["start"]), end=_seconds(segment["end"]))
    if not segment["tags"]:
        return say("segment_unknown", turn.language, span=span)
    things = listed([one(canonical(tag["label"]), turn.language) for tag in segment["tags"]], turn.language)
    shares = scores([tag["score"] for tag in segment["tags"]], turn.language)
    return say("segment", turn.language, span=span, things=things, scores=shares)


def _seconds(value: float) -> str:
    """Seconds with one decimal place."""
    return f"{value:.1f}"
