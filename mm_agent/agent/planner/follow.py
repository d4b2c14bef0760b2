"""Follow-ups and pronouns: "and dogs?", "the second one?", "where is it?" become full intents."""

from __future__ import annotations

from dataclasses import replace

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.intents import PRONOUN, Intent

_TAKES_NOUNS = (want.Count, want.Presence, want.Where, want.When)
_TAKES_NOUN = (want.CountCheck, want.PlaceCheck, want.WhichPicture)


def follow(intent: Intent, before: tuple[Intent, ...]) -> Intent:
    """A follow-up as the question it stands for; any other intent as it is."""
    if not isinstance(intent, want.FollowUp):
        return intent
    last = before[-1] if before else None
    if not intent.nouns:
        return last or want.Describe()
    if isinstance(last, _TAKES_NOUNS):
        return replace(last, nouns=intent.nouns)
    if isinstance(last, want.CountCheck):
        return want.Count(intent.nouns)
    if isinstance(last, _TAKES_NOUN) and not (isinstance(last, want.WhichPicture) and last.colour):
        return replace(last, noun=intent.nouns[0])
    return want.Presence(intent.nouns)


def put_in_noun(intent: Intent, noun: str | None) -> Intent:
    """Replace pronouns by the noun they stand for; without one, ask what is there at all."""
    if isinstance(intent, want.Count) and PRONOUN in intent.nouns:
        return want.Count((noun,) if noun else ())
    if isinstance(intent, want.Where | want.When | want.Presence) and PRONOUN in intent.nouns:
        nouns = tuple(noun if word == PRONOUN else word for word in intent.nouns if word != PRONOUN or noun)
        return replace(intent, nouns=nouns) if nouns else want.Describe()
    if isinstance(intent, want.CountCheck | want.PlaceCheck) and intent.noun == PRONOUN:
        return replace(intent, noun=noun) if noun else want.Describe()
    if isinstance(intent, want.Beside) and noun:
        first, second = (noun if word == PRONOUN else word for word in (intent.first, intent.second))
        return replace(intent, first=first, second=second)
    return intent


def nouns_of(intent: Intent) -> tuple[str, ...]:
    """The nouns an intent names."""
    if isinstance(intent, want.Count | want.Presence | want.Where | want.When):
        return intent.nouns
    if isinstance(intent, want.CountCheck | want.PlaceCheck | want.WhichPicture):
        return (intent.noun,) if intent.noun else ()
    if isinstance(intent, want.Beside | want.MoreOf):
        return (intent.first, intent.second)
    if isinstance(intent, want.Colour):
        return (intent.thing,) if intent.thing else ()
    return ()
