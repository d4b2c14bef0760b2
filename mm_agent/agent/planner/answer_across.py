"""Answers that need every picture: which one, and whether they are the same."""

from __future__ import annotations

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.answer_counts import total
from mm_agent.agent.planner.answer_looks import on_background, summary, top_colour
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.nouns import counted, said
from mm_agent.agent.planner.numbers import colour_name
from mm_agent.agent.planner.plan import countable_things, present_things
from mm_agent.agent.planner.wording import WEAK_SHARE, count_of, listed, say, score


def same(turn: Turn) -> str:
    """Whether the pictures show the same, with each picture's things."""
    if len(turn.targets) < 2:
        return say("need_two", turn.language, handles=listed(turn.targets, turn.language))
    looks = {_look(turn, handle) for handle in turn.targets}
    each = [
        say("same_detail", turn.language, handle=handle, things=on_background(turn, handle, things))
        for handle in turn.targets
        if (things := summary(turn, handle) or say("nothing_known", turn.language))
    ]
    section = "same_yes" if len(looks) == 1 else "same_no"
    return say(
        section, turn.language, handles=listed(turn.targets, turn.language), details=_joined(each, turn)
    )


def which_picture(intent: want.WhichPicture, turn: Turn) -> str:
    """Which picture has it, or the most or fewest of it."""
    if intent.colour:
        return _by_colour(intent.colour, turn)
    if intent.quantity == "any":
        return _by_presence(intent, turn)
    return _by_number(intent, turn)


def _look(turn: Turn, handle: str) -> tuple[tuple[tuple[str, int], ...], str]:
    """What makes two pictures the same: the things with their numbers, and the background."""
    numbers = {noun: count_of(turn, handle, noun)[0] for noun, _ in countable_things(handle, turn.findings)}
    things = tuple(sorted((noun, numbers.get(noun, 1)) for noun, _ in present_things(handle, turn.findings)))
    found, value = top_colour(turn, handle, None)
    return things, found if value >= WEAK_SHARE else ""


def _by_colour(colour: str, turn: Turn) -> str:
    found = {handle: top_colour(turn, handle, None) for handle in turn.targets}
    hits = [handle for handle, (name, value) in found.items() if name == colour and value >= WEAK_SHARE]
    details = [
        say(
            "which_detail",
            turn.language,
            handle=handle,
            what=colour_name(name, turn.language),
            score=score(value),
        )
        for handle, (name, value) in found.items()
    ]
    values = {
        "colour": colour_name(colour, turn.language),
        "details": _joined(details, turn),
        "tool": "classify_image",
    }
    if not hits:
        return say("which_colour_none", turn.language, **values)
    return say("which_colour", turn.language, handles=listed(hits, turn.language), **values)


def _by_presence(intent: want.WhichPicture, turn: Turn) -> str:
    counts = {handle: count_of(turn, handle, intent.noun or "") for handle in turn.targets}
    hits = [handle for handle, (number, _) in counts.items() if number]
    noun, details = said(intent.noun or "", turn.language), _details(intent, turn, counts)
    if not hits:
        return say("which_none", turn.language, noun=noun, details=details)
    return say("which_any", turn.language, handles=listed(hits, turn.language), details=details)


def _by_number(intent: want.WhichPicture, turn: Turn) -> str:
    if intent.noun:
        counts = {handle: count_of(turn, handle, intent.noun) for handle in turn.targets}
    else:
        counts = {}
        for handle in turn.targets:
            number, share, _ = total(turn, handle)
            counts[handle] = (number, share)
    numbers = [number for number, _ in counts.values()]
    best = max(numbers) if intent.quantity == "most" else min(numbers)
    hits = [handle for handle, (number, _) in counts.items() if number == best]
    details = _details(intent, turn, counts)
    if len(hits) == len(counts) > 1:
        return say("which_equal", turn.language, handles=listed(hits, turn.language), details=details)
    return say(
        f"which_{intent.quantity}", turn.language, handles=listed(hits, turn.language), details=details
    )


def _details(intent: want.WhichPicture, turn: Turn, counts: dict[str, tuple[int, float]]) -> str:
    words = []
    for handle, (number, value) in counts.items():
        what = (
            counted(intent.noun, number, turn.language)
            if intent.noun
            else say("things", turn.language, number=str(number))
        )
        words.append(say("which_detail", turn.language, handle=handle, what=what, score=score(value)))
    return _joined(words, turn)


def _joined(words: list[str], turn: Turn) -> str:
    """Each picture's part of a sentence."""
    return ("；" if turn.language == "zh" else "; ").join(words)
