"""Questions about a domain's own labels: where the agent has ``classify_domain`` they are asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.calls import domain_call
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.nouns import canonical
from mm_agent.agent.planner.wording import evidence_of, listed, say, score, scores
from mm_agent.vision.vocabulary import regular_plural

DOMAIN_TOOL = "classify_domain"
MOST_SAID = 5


def domain_labels(schema: dict[str, Any]) -> tuple[str, ...]:
    """The labels that the tool's schema names."""
    choices = schema["function"]["parameters"]["properties"]["labels"]["anyOf"]
    return tuple(choices[0]["items"]["enum"])


def ask_domain(turn: Turn, labels: Sequence[str]) -> Turn:
    """The same turn with questions that the domain's classifier answers better turned to it."""
    if not labels or any(turn.is_video(handle) for handle in turn.targets):
        return turn
    known = {form: label for label in labels for form in (canonical(label.lower()), label.lower(), label)}
    intents = tuple(new for intent in turn.intents for new in _turned(intent, known))
    return replace(turn, intents=tuple(dict.fromkeys(intents)))


def _turned(intent: Intent, known: dict[str, str]) -> tuple[Intent, ...]:
    match intent:
        case want.Identify(place=None):
            return (want.InDomain(),)
        case want.Describe():
            return (want.InDomain(), intent)
        case want.Presence(nouns=nouns) | want.Choose(options=nouns):
            found = [known.get(noun) or known.get(regular_plural(noun)) for noun in nouns]
            asked = tuple(label for label in found if label)
            chooses = isinstance(intent, want.Choose)
            every = isinstance(intent, want.Presence) and intent.every
            return (want.InDomain(asked, chooses, every),) if len(asked) == len(nouns) > 0 else (intent,)
    return (intent,)


def in_domain(intent: want.InDomain, turn: Turn, handle: str) -> str:
    """Which of the domain's labels a picture shows, or whether those asked for."""
    rows = evidence_of(turn, domain_call(handle))["labels"]
    asked = [row for row in rows if row["label"] in intent.labels]
    if intent.labels and not intent.chooses:
        return _whether(asked, intent, turn, handle)
    there = [row for row in (asked or rows) if row["present"]][:MOST_SAID]
    if not there:
        best = (asked or rows)[0]
        values = {"noun": best["label"], "score": score(best["score"]), "handle": handle}
        return say("domain_unsure", turn.language, **values)
    return say("domain", turn.language, handle=handle, **_said(there, turn))


def _whether(asked: list[dict[str, Any]], intent: want.InDomain, turn: Turn, handle: str) -> str:
    there = [row for row in asked if row["present"]]
    absent = [row for row in asked if not row["present"]]
    right = not absent if intent.every else bool(there)
    if not there:
        return say("domain_no", turn.language, handle=handle, **_said(absent, turn))
    if not absent:
        return say("domain_yes", turn.language, handle=handle, **_said(there, turn))
    section = "domain_yes_but" if right else "domain_no_but"
    missing = _said(absent, turn)
    return say(
        section,
        turn.language,
        handle=handle,
        absent=missing["things"],
        absent_scores=missing["scores"],
        **_said(there, turn),
    )


def _said(rows: list[dict[str, Any]], turn: Turn) -> dict[str, str]:
    words = listed([row["label"] for row in rows], turn.language)
    return {"things": words, "scores": scores([row["score"] for row in rows], turn.language)}
