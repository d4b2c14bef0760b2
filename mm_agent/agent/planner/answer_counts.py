"""Answers about numbers and presence."""

from __future__ import annotations

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.calls import count_call, tags_call
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.intents import Relation
from mm_agent.agent.planner.nouns import counted, plural, said
from mm_agent.agent.planner.plan import countable_things
from mm_agent.agent.planner.wording import (
    WEAK_SHARE,
    count_of,
    evidence_of,
    listed,
    one,
    presence_of,
    say,
    score,
    scores,
    seen,
    spaced,
)

_HOLDS = {
    "=": lambda found, asked: found == asked,
    ">=": lambda found, asked: found >= asked,
    "<=": lambda found, asked: found <= asked,
    ">": lambda found, asked: found > asked,
    "<": lambda found, asked: found < asked,
}


def count(intent: want.Count, turn: Turn, handle: str) -> str:
    """How many of each thing."""
    if not intent.nouns:
        return _count_all(turn, handle)
    return spaced((_count_one(turn, handle, noun) for noun in intent.nouns), turn.language)


def count_check(intent: want.CountCheck, turn: Turn, handle: str) -> str:
    """Whether a number is right."""
    about, share = count_of(turn, handle, intent.noun)
    if about and share < WEAK_SHARE:
        return _unsure(turn, handle, intent.noun, about, share)
    section = "count_yes" if holds(about, intent.number, intent.relation) else "count_no"
    things = counted(intent.noun, about, turn.language)
    return say(section, turn.language, things=things, handle=handle, score=score(share))


def more_of(intent: want.MoreOf, turn: Turn, handle: str) -> str:
    """Which of two things there are more (or fewer) of."""
    first, first_share = count_of(turn, handle, intent.first)
    second, second_share = count_of(turn, handle, intent.second)
    things = listed(
        [counted(intent.first, first, turn.language), counted(intent.second, second, turn.language)],
        turn.language,
    )
    shares = scores((first_share, second_share), turn.language)
    if first == second:
        section, winner = "more_equal", intent.first
    else:
        first_wins = (first > second) != intent.fewer
        winner = intent.first if first_wins else intent.second
        section = (
            ("fewer_which" if intent.fewer else "more_which")
            if intent.asks_which
            else "more_yes"
            if first_wins
            else "more_no"
        )
    values = {"things": things, "handle": handle, "scores": shares}
    if section.endswith("which"):
        values["noun"] = plural(winner, turn.language)
    return say(section, turn.language, **values)


def presence(intent: want.Presence, turn: Turn, handle: str) -> str:
    """Whether things are there, beginning with yes or no; or that nobody can tell."""
    doubtful = [noun for noun in intent.nouns if evidence_of(turn, count_call(handle, noun)).get("unsure")]
    if doubtful and not any(presence_of(turn, handle, noun)[0] for noun in intent.nouns):
        return _undecided(turn, handle, doubtful)
    yes, finding, shares = _presence(intent, turn, handle)
    section = "presence_yes" if yes else "presence_no"
    return say(section, turn.language, finding=finding, handle=handle, scores=shares)


def presence_of_all(intent: want.Presence, turn: Turn) -> str:
    """Presence in several pictures: one yes or no, then each picture."""
    found = {handle: _presence(intent, turn, handle) for handle in turn.targets}
    hits = sum(yes for yes, _, _ in found.values())
    if turn.every:
        lead = "all_yes" if hits == len(found) else "all_no"
    else:
        lead = "some_yes" if hits else "some_no"
    details = [
        say("presence_detail", turn.language, handle=handle, finding=finding, scores=shares)
        for handle, (_, finding, shares) in found.items()
    ]
    return spaced([say(lead, turn.language), *details], turn.language)


def holds(found: int, asked: int, relation: Relation) -> bool:
    """Whether a found number is what was asked."""
    return _HOLDS[relation](found, asked)


def total(turn: Turn, handle: str) -> tuple[int, float, list[str]]:
    """Everything recognised in a picture: how many, the weakest share among the counts, and words."""
    evidence_of(turn, tags_call(handle))
    counts = [(noun, *count_of(turn, handle, noun)) for noun, _ in countable_things(handle, turn.findings)]
    words = [counted(noun, number, turn.language) for noun, number, _ in counts if number]
    return sum(number for _, number, _ in counts), min((share for *_, share in counts), default=0.0), words


def _count_one(turn: Turn, handle: str, noun: str) -> str:
    about, share = count_of(turn, handle, noun)
    if evidence_of(turn, count_call(handle, noun)).get("unsure"):
        return _undecided(turn, handle, [noun])
    if about == 0:
        nouns, things = plural(noun, turn.language), counted(noun, 0, turn.language)
        values = {"noun": nouns, "things": things, "handle": handle, "score": score(share)}
        return say("count_none", turn.language, **values)
    if not evidence_of(turn, count_call(handle, noun)).get("counted", True):
        there = score(presence_of(turn, handle, noun)[1])
        things = seen(turn, count_call(handle, noun), one(noun, turn.language))
        return say("count_unknown", turn.language, things=things, handle=handle, score=there)
    if share < WEAK_SHARE:
        return _unsure(turn, handle, noun, about, share)
    return say(
        "count", turn.language, things=counted(noun, about, turn.language), handle=handle, score=score(share)
    )


def _undecided(turn: Turn, handle: str, nouns: list[str]) -> str:
    things = listed([one(noun, turn.language) for noun in nouns], turn.language)
    values = scores([presence_of(turn, handle, noun)[1] for noun in nouns], turn.language)
    return say("presence_unsure", turn.language, things=things, handle=handle, scores=values)


def _unsure(turn: Turn, handle: str, noun: str, about: int, share: float) -> str:
    noun = plural(noun, turn.language)
    return say("count_unsure", turn.language, noun=noun, handle=handle, number=str(about), score=score(share))


def _count_all(turn: Turn, handle: str) -> str:
    number, _, words = total(turn, handle)
    if not words:
        return say("count_nothing", turn.language, handle=handle)
    things = listed(words, turn.language)
    return say("count_all", turn.language, number=str(number), things=things, handle=handle)


def _presence(intent: want.Presence, turn: Turn, handle: str) -> tuple[bool, str, str]:
    """Whether it is so, the things that are there and those that are not in words, and their scores."""
    found = {noun: presence_of(turn, handle, noun) for noun in intent.nouns}
    there = [
        seen(turn, count_call(handle, noun), one(noun, turn.language)) for noun in found if found[noun][0]
    ]
    absent = [
        say("no_thing", turn.language, noun=said(noun, turn.language)) for noun in found if not found[noun][0]
    ]
    section = "finding_both" if there and absent else "finding_there" if there else "finding_absent"
    values = {
        key: listed(words, turn.language) for key, words in (("there", there), ("absent", absent)) if words
    }
    yes = not absent if intent.every else bool(there)
    shares = scores([value for _, value in found.values()], turn.language)
    return yes, say(section, turn.language, **values), shares
