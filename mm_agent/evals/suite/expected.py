"""What a turn is judged by: words of the answer, tool calls, evidence, limits."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mm_agent.evals.suite.medium import Corners, Span
from mm_agent.evals.suite.part import OneOrMore, Part


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
_KINDS = ("exact", "number", "contains", "regex", "affirms", "set", "choice", "moments", "judge")


class AnswerRule(Part, frozen=True):
    """One thing that must hold of the answer's words; exactly one kind of rule."""

    exact: OneOrMore[str] | None = Field(
        default=None, description="The whole answer, case and end punctuation aside; one of them."
    )
    number: float | None = Field(default=None, description="The number it gives.")
    contains: OneOrMore[str] | None = Field(default=None, description="All of these, case aside.")
    regex: Pattern | None = Field(default=None, description="Found anywhere, case aside.")
    affirms: bool | None = Field(default=None, description="Whether it affirms.")
    set: tuple[str, ...] | None = Field(
        default=None, description="What it names, of `among`; scored as set F1."
    )
    choice: str | None = Field(default=None, description="What it names, and nothing else of `among`.")
    moments: tuple[Span, ...] | None = Field(default=None, description="Seconds it names; temporal IoU.")
    judge: str | None = Field(default=None, description="What a language model must find true of it.")

    tolerance: float = Field(default=0.0, ge=0, description="Of number.")
    of: str | None = Field(default=None, description="Of number: the thing that is counted.")
    among: tuple[str, ...] = Field(default=(), description="Of set and choice: all that could be named.")
    at_least: float | None = Field(
        default=None, gt=0, le=1, description="Of set, F1 (1.0 if not given); of moments, IoU (0.5)."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> AnswerRule:
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"an answer rule is one of {', '.join(_KINDS)}; got {given or 'none'}")
        if self.kind in ("set", "choice") and not self.among:
            raise ValueError(f"{self.kind} needs among: all that the answer could name")
        expected = {self.choice} if self.choice else {*(self.set or ())}
        if not expected <= {*self.among} and self.among:
            raise ValueError(f"among must hold what is expected: {', '.join(sorted(expected))}")
        return self

    @property
    def kind(self) -> str:
        """Which rule it is."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)


class ArgumentRule(Part, frozen=True):
    """What an argument of a tool call must be; one of the kinds."""

    handle: str | None = Field(default=None, description="A medium, or any part of it.")
    any_of: tuple[str | int | float | bool, ...] | None = Field(default=None, description="One of these.")
    labels: tuple[str, ...] | None = Field(default=None, description="A list of words, in any order.")
    region: Corners | None = Field(default=None, description="A region handle or box; IoU.")
    moment: Span | None = Field(default=None, description="A frame handle inside, or a span; temporal IoU.")
    regex: Pattern | None = None
    at_least: float = Field(default=0.5, gt=0, le=1, description="IoU, or F1 of labels.")

    @model_validator(mode="after")
    def _one_kind(self) -> ArgumentRule:
        kinds = ("handle", "any_of", "labels", "region", "moment", "regex")
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"an argument rule is one of {', '.join(kinds)}")
        return self


class ExpectedCall(Part, frozen=True):
    """A tool call; arguments that are not named may be anything."""

    tool: str
    args: dict[str, ArgumentRule | str | int | float | bool | list[Any]] = Field(default={})


class Trajectory(Part, frozen=True):
    """The tool calls of a turn, matched as openevals does."""

    match: Literal["strict", "unordered", "subset", "superset"] = Field(
        default="unordered",
        description="strict: these in this order; unordered: in any; subset: no others; superset: at least "
        "these.",
    )
    calls: OneOrMore[ExpectedCall] = ()


class EvidenceRule(Part, frozen=True):
    """What a tool must have reported, held against what is known about the medium."""

    kind: Literal["region", "count", "moment"]
    of: str = Field(description="The thing.")
    handle: str = Field(default="", description="Of which medium; none: the first of its kind.")
    at_least: float = Field(default=0.3, gt=0, le=1, description="IoU with the annotation.")
    tolerance: int = Field(default=0, ge=0, description="Of count.")


class Limits(Part, frozen=True):
    """What a turn or a case may take; one over it fails."""

    tool_calls: int | None = Field(default=None, ge=0)
    model_calls: int | None = Field(default=None, ge=1)
    tokens: int | None = Field(default=None, ge=1, description="In and out.")
    seconds: float | None = Field(default=None, gt=0)
    cost: float | None = Field(default=None, ge=0, description="US dollars.")
