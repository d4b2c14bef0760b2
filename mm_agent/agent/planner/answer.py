"""From a turn's evidence to its answer: each intent, each picture, in the question's language."""

from __future__ import annotations

from collections.abc import Callable, Collection

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.answer_across import same, which_picture
from mm_agent.agent.planner.answer_counts import count, count_check, more_of, presence, presence_of_all
from mm_agent.agent.planner.answer_fits import fits
from mm_agent.agent.planner.answer_looks import choose, colour, describe, identify
from mm_agent.agent.planner.answer_places import beside, place_check, where
from mm_agent.agent.planner.answer_videos import (
    ask_frame,
    count_check_in_video,
    count_in_video,
    presence_in_video,
    timeline,
    when,
    when_in_picture,
    where_in_video,
)
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.domain import in_domain
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.wording import NoEvidence, listed, say, spaced

_BY_PICTURE: dict[type, Callable[..., str]] = {
    want.Identify: identify,
    want.Describe: describe,
    want.Count: count,
    want.CountCheck: count_check,
    want.MoreOf: more_of,
    want.Presence: presence,
    want.Colour: colour,
    want.Where: where,
    want.When: when_in_picture,
    want.PlaceCheck: place_check,
    want.Beside: beside,
    want.Choose: choose,
    want.Fits: fits,
    want.InDomain: in_domain,
}
_BY_VIDEO: dict[type, Callable[..., str]] = {
    want.Identify: timeline,
    want.Describe: timeline,
    want.Count: count_in_video,
    want.CountCheck: count_check_in_video,
    want.Presence: presence_in_video,
    want.Where: where_in_video,
    want.When: when,
}
_REASON_LENGTH = 300


def word_answer(turn: Turn, tools: Collection[str]) -> str:
    """Word the answer.

    Args:
        turn: The turn with its findings.
        tools: Names of the tools that could be called.
    """
    if missing := _missing(turn):
        return missing
    answer = spaced((_word(intent, turn, tools) for intent in turn.intents), turn.language)
    notice = _notice(turn)
    return f"{answer}\n{notice}" if notice else answer


def _word(intent: Intent, turn: Turn, tools: Collection[str]) -> str:
    videos = [handle for handle in turn.targets if turn.is_video(handle)]
    match intent:
        case want.Greeting() | want.Help():
            return say("greeting" if isinstance(intent, want.Greeting) else "help", turn.language)
        case want.Unsupported() | want.FollowUp():
            return say("unsupported", turn.language)
        case want.HowManyPictures():
            handles = listed([medium.handle for medium in turn.media], turn.language)
            return say("pictures", turn.language, number=str(len(turn.media)), handles=handles or "0")
        case want.Same() | want.WhichPicture() if videos:
            return ask_frame(intent, turn, videos[0])
        case want.Same():
            return _guarded(turn, tools, lambda: same(turn))
        case want.WhichPicture():
            return _guarded(turn, tools, lambda: which_picture(intent, turn))
        case want.Presence() if len(turn.targets) > 1 and not videos:
            return _guarded(turn, tools, lambda: presence_of_all(intent, turn))
    each = [
        _guarded(turn, tools, lambda handle=handle: _word_one(intent, turn, handle))
        for handle in turn.targets
    ]
    return spaced(each, turn.language)


def _word_one(intent: Intent, turn: Turn, handle: str) -> str:
    """The answer for one picture or video."""
    kind = type(intent)
    word = _BY_VIDEO.get(kind, ask_frame) if turn.is_video(handle) else _BY_PICTURE[kind]
    return word(intent, turn, handle)


def _guarded(turn: Turn, tools: Collection[str], word: Callable[[], str]) -> str:
    """A sentence, or what kept it from being said."""
    try:
        return word()
    except NoEvidence as missing:
        return _without(missing, turn, tools)


def _without(missing: NoEvidence, turn: Turn, tools: Collection[str]) -> str:
    """Say honestly why there is no evidence; a tool that answers in words only is quoted."""
    finding, tool = missing.finding, missing.call.tool
    if finding is None:
        section = "not_looked" if tool in tools else "no_tool"
        return say(section, turn.language, tool=tool)
    reason = " ".join(finding.text.split())[:_REASON_LENGTH]
    return say("failed" if finding.failed else "in_words", turn.language, tool=tool, reason=reason)


def _missing(turn: Turn) -> str | None:
    """That there is nothing to look at, when the question needs something to look at."""
    if not any(isinstance(intent, (*_BY_PICTURE, want.Same, want.WhichPicture)) for intent in turn.intents):
        return None
    if turn.missing:
        known = listed([medium.handle for medium in turn.media], turn.language) or "-"
        return say("no_such_picture", turn.language, asked=listed(turn.missing, turn.language), known=known)
    return None if turn.targets else say("no_pictures", turn.language)


def _notice(turn: Turn) -> str | None:
    """The encoder's own notice, once in a conversation."""
    if turn.notice_said:
        return None
    evidence = [
        finding.evidence for finding in turn.findings.all() if finding.evidence and not finding.failed
    ]
    return next((found["notice"] for found in evidence if found.get("notice")), None)
