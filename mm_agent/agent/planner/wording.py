"""Small pieces of answers: a sentence of ``prompts/planner_answers``, scores, lists, the evidence behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mm_agent.agent.planner.calls import Call, Finding, count_call
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.nouns import article, canonical, said
from mm_agent.agent.weak import WEAK_SHARE
from mm_agent.prompt_files import Language, render

__all__ = ["WEAK_SHARE"]


class NoEvidence(Exception):
    """A call gave no evidence: it failed, answered in words only, or was not made."""

    def __init__(self, call: Call, finding: Finding | None) -> None:
        super().__init__(call.tool)
        self.call = call
        self.finding = finding


def say(section: str, language: Language, **values: str) -> str:
    """A sentence of the answers' prompt file."""
    return render(f"planner_answers/{section}", language, **values)


def evidence_of(turn: Turn, call: Call) -> dict[str, Any]:
    """The evidence of a call.

    Raises:
        NoEvidence: There is none.
    """
    evidence = turn.findings.evidence(call)
    if evidence is None:
        raise NoEvidence(call, turn.findings.get(call))
    return evidence


def count_of(turn: Turn, handle: str, noun: str) -> tuple[int, float]:
    """About how many, and the share that number has; for none, the probability that there is one at all."""
    evidence = evidence_of(turn, count_call(handle, noun))
    about = int(evidence["about"])
    shares = evidence["probabilities"]  # of 1, 2, ...
    return about, float(shares[about - 1] if about else evidence["presence"])


def presence_of(turn: Turn, handle: str, noun: str) -> tuple[bool, float]:
    """Whether there is any, and how probable."""
    evidence = evidence_of(turn, count_call(handle, noun))
    return int(evidence["about"]) > 0, float(evidence["presence"])


def seen(turn: Turn, call: Call, words: str) -> str:
    """Words for a thing, with the name that its scores are of where that is not the one asked for."""
    name = evidence_of(turn, call).get("seen_as")
    if not name:
        return words
    return say("seen_as", turn.language, thing=words, name=said(canonical(name), turn.language))


def score(value: float) -> str:
    """A score with two digits."""
    return f"{value:.2f}"


def scores(values: Sequence[float], language: Language) -> str:
    """Several scores, in order."""
    return ("，" if language == "zh" else ", ").join(score(value) for value in values)


def spaced(sentences: Iterable[str], language: Language) -> str:
    """Sentences, each once, one behind the other."""
    return ("" if language == "zh" else " ").join(dict.fromkeys(sentences))


def listed(words: Sequence[str], language: Language) -> str:
    """Words as a list: "a, b and c", "a、b和c"."""
    if len(words) < 2:
        return "".join(words)
    last, joint = words[-1], say("joint", language)
    if language == "en":
        return f"{', '.join(words[:-1])} {joint} {last}"
    gap = " " if last[:1].isascii() else ""
    return f"{'、'.join(words[:-1])}{gap}{joint}{gap}{last}"


def quoted(text: str) -> str:
    """A sentence in quotation marks."""
    return f"“{text}”"


def one(noun: str, language: Language) -> str:
    """A thing as such: "a cat", "猫"."""
    return said(noun, language) if language == "zh" else article(said(noun, language))
