"""A conversation so far, read from its messages: what each turn asked, of which pictures, and what came back.

The planner keeps no state of its own; memory is the message history the checkpointer keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from mm_agent.agent.message import Medium, media_of, question_of
from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.calls import Finding, Findings, make_call, tags_call
from mm_agent.agent.planner.follow import follow, nouns_of, put_in_noun
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.nouns import canonical
from mm_agent.agent.planner.parse import Question, parse_question
from mm_agent.agent.planner.videos import first_thing
from mm_agent.prompt_files import Language

_ACROSS = (want.Same, want.WhichPicture)


@dataclass(frozen=True)
class Turn:
    """One question, follow-ups and pronouns replaced, pictures chosen; ``every``: it said both or all."""

    intents: tuple[Intent, ...]
    targets: tuple[str, ...]
    missing: tuple[str, ...]
    media: tuple[Medium, ...]
    language: Language
    findings: Findings = field(default_factory=Findings)
    every: bool = False
    notice_said: bool = False

    def medium(self, handle: str) -> Medium | None:
        """The medium of a handle."""
        return next((medium for medium in self.media if medium.handle == handle), None)

    def is_video(self, handle: str) -> bool:
        """Whether a handle means a whole video; a frame of one is a picture."""
        medium = self.medium(handle)
        return medium is not None and medium.kind == "video"


def last_turn(messages: Sequence[BaseMessage], *, language: Language | None) -> Turn | None:
    """The turn to answer now, or None when nobody has asked anything.

    Args:
        messages: The whole conversation, system prompt or not.
        language: Of the answer; None follows the question.
    """
    turns: list[Turn] = []
    for message, after in _rounds(messages):
        turn = _resolve(message, turns, language)
        turns.append(replace(turn, findings=_findings(after)))
    return turns[-1] if turns else None


def _rounds(messages: Sequence[BaseMessage]) -> list[tuple[HumanMessage, list[BaseMessage]]]:
    """Each question with the messages that follow it."""
    rounds: list[tuple[HumanMessage, list[BaseMessage]]] = []
    for message in messages:
        if isinstance(message, HumanMessage):
            rounds.append((message, []))
        elif rounds:
            rounds[-1][1].append(message)
    return rounds


def _findings(messages: Sequence[BaseMessage]) -> Findings:
    """Tool calls and their results, put together by id."""
    calls = {
        call["id"]: make_call(call["name"], call["args"])
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    }
    return Findings(
        Finding(
            call=calls[message.tool_call_id],
            text=str(message.text),
            evidence=message.artifact if isinstance(message.artifact, dict) else None,
            failed=message.status == "error",
        )
        for message in messages
        if isinstance(message, ToolMessage) and message.tool_call_id in calls
    )


def _resolve(message: HumanMessage, turns: Sequence[Turn], language: Language | None) -> Turn:
    before = turns[-1] if turns else None
    known = before.media if before else ()
    media = (*known, *(medium for medium in media_of(message) if medium not in known))
    question = parse_question(question_of(message), media)
    noun = _last_noun(turns)
    intents = tuple(put_in_noun(follow(intent, _last_intents(turns)), noun) for intent in question.intents)
    return Turn(
        intents=intents,
        targets=_targets(question, intents, media, turns),
        missing=question.mention.missing,
        media=media,
        language=language or question.language,
        every=question.mention.every,
        notice_said=any(finding.evidence for turn in turns for finding in turn.findings.all()),
    )


def _last_intents(turns: Sequence[Turn]) -> tuple[Intent, ...]:
    """The intents of the last turn that was about a picture."""
    chatter = (want.Greeting, want.Help, want.Unsupported, want.HowManyPictures, want.FollowUp)
    return next(
        (t.intents for t in reversed(turns) if not any(isinstance(i, chatter) for i in t.intents)), ()
    )


def _last_noun(turns: Sequence[Turn]) -> str | None:
    """What "it" means: the noun asked about last, or the first thing that was recognised."""
    for turn in reversed(turns):
        for intent in reversed(turn.intents):
            if nouns := nouns_of(intent):
                return nouns[-1]
        for finding in turn.findings.all():
            labels = (finding.evidence or {}).get("labels") or []
            if (
                finding.call in {tags_call(target) for target in turn.targets}
                and labels
                and labels[0]["present"]
            ):
                return canonical(labels[0]["label"])
        for target in turn.targets:
            if noun := first_thing(target, turn.findings):
                return noun
    return None


def _targets(
    question: Question, intents: tuple[Intent, ...], media: tuple[Medium, ...], turns: Sequence[Turn]
) -> tuple[str, ...]:
    """The handles a question is about.

    Named ones; else the region found last; else the other one, all, or for a comparison all; else the
    pictures that are new; else those of the turn before; else all.
    """
    mention, before = question.mention, turns[-1] if turns else None
    handles = tuple(medium.handle for medium in media)
    if mention.handles:
        return mention.handles
    if mention.missing:
        return ()
    if mention.region and (region := _last_region(turns)):
        return (region,)
    earlier = before.targets if before else ()
    if mention.other and len(earlier) < len(handles):
        return tuple(handle for handle in handles if handle not in earlier)
    if mention.every or any(isinstance(intent, _ACROSS) for intent in intents):
        return handles
    new = handles[len(before.media) :] if before else handles
    return new or earlier or handles


def _last_region(turns: Sequence[Turn]) -> str | None:
    """The best region that was found last, or the one the last question was about."""
    for turn in reversed(turns):
        for finding in reversed(turn.findings.all()):
            if regions := (finding.evidence or {}).get("regions"):
                return regions[0]["handle"]
        if region := next((target for target in turn.targets if target.count(",") == 3), None):
            return region
    return None
