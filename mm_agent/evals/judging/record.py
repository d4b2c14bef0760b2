"""What is kept of a turn, and what a check found."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from mm_agent.agent.answer import Answer
from mm_agent.evals.suite.part import Part

Aspect = Literal["answer", "trajectory", "evidence", "grounded", "abstain", "language", "limits"]


class CallRecord(Part, frozen=True):
    """A tool call that ran."""

    name: str
    args: dict[str, Any]
    result_text: str
    artifact: dict[str, Any] | None
    seconds: float
    failed: bool


class TurnRecord(Part, frozen=True):
    """A question, its answer without the encoder's notice, the calls behind it, and what it took."""

    question: str
    text: str
    calls: tuple[CallRecord, ...] = ()
    unsupported: tuple[str, ...] = Field(default=(), description="What it cites and no tool reported.")
    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    seconds: float = 0.0
    first_text_seconds: float | None = None
    cost: float | None = None
    llms: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.input_tokens + self.output_tokens

    @property
    def evidence(self) -> tuple[dict[str, Any], ...]:
        """The evidence of every call that worked."""
        return tuple(call.artifact for call in self.calls if call.artifact and not call.failed)


class Check(Part, frozen=True):
    """One expectation: whether it holds, how well (0 to 1), and why not."""

    aspect: Aspect
    turn: int = Field(ge=0, description="From 0; of limits of the whole case, the last.")
    passed: bool
    value: float
    reason: str


def recorded(question: str, answer: Answer) -> TurnRecord:
    """What is kept of an answer."""
    notice = answer.notice
    text = answer.text.replace(notice, " ").strip() if notice else answer.text
    usage = answer.usage
    return TurnRecord(
        question=question,
        text=text,
        calls=tuple(CallRecord(**asdict(use)) for use in answer.tool_calls),
        unsupported=tuple(_named(claim.handle, claim.score) for claim in answer.unsupported),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        model_calls=usage.model_calls,
        seconds=usage.seconds,
        first_text_seconds=usage.first_text_seconds,
        cost=usage.cost,
        llms=usage.llms,
    )


def _named(handle: str, score: float | None) -> str:
    return " ".join(part for part in (handle, "" if score is None else f"{score:g}") if part)


def verdict(aspect: Aspect, turn: int, passed: bool, reason: str, value: float | None = None) -> Check:
    """A check; its reason is kept only where it failed."""
    return Check(
        aspect=aspect,
        turn=turn,
        passed=passed,
        value=float(passed) if value is None else value,
        reason="" if passed else reason,
    )
