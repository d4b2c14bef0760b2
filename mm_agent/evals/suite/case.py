"""A suite, its cases and their turns."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from mm_agent.evals.suite.expected import AnswerRule, EvidenceRule, Limits, Trajectory
from mm_agent.evals.suite.medium import Medium
from mm_agent.evals.suite.part import OneOrMore, Part
from mm_agent.prompt_files import Language, detect_language


class Turn(Part, frozen=True):
    """A question and what its answer is judged by."""

    ask: str = Field(min_length=1)
    media: OneOrMore[Medium] = Field(default=(), description="Added with this question.")
    answer: OneOrMore[AnswerRule] = Field(default=(), description="All of them must hold.")
    trajectory: Trajectory | None = None
    evidence: OneOrMore[EvidenceRule] = ()
    abstain: bool | None = Field(
        default=None,
        description="true: it must say that it cannot tell or that there is none; false: it must not.",
    )
    grounded: bool = Field(default=False, description="It cites nothing that no tool reported.")
    language: Language | None = Field(default=None, description="The answer's.")
    limits: Limits = Limits()

    @property
    def judged(self) -> bool:
        """Whether anything is expected of its answer."""
        return bool(
            self.answer or self.trajectory or self.evidence or self.abstain is not None or self.grounded
            or self.language or self.limits != Limits()
        )  # fmt: skip


class Case(Part, frozen=True):
    """Media and turns. With one turn, its fields may stand in the case itself."""

    id: str = Field(min_length=1, max_length=120)
    category: str = Field(default="other", min_length=1)
    media: OneOrMore[Medium] = ()
    turns: tuple[Turn, ...] = Field(min_length=1)
    limits: Limits = Field(default=Limits(), description="Of all turns together.")

    @model_validator(mode="before")
    @classmethod
    def _one_turn(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "ask" not in values:
            return values
        if "turns" in values:
            raise ValueError("give ask or turns, not both")
        own = {"id", "category", "media", "limits"}
        turn = {key: value for key, value in values.items() if key not in own}
        return {key: value for key, value in values.items() if key in own} | {"turns": [turn]}

    @model_validator(mode="after")
    def _expects_something(self) -> Case:
        if not any(turn.judged for turn in self.turns) and self.limits == Limits():
            raise ValueError("nothing is expected of any turn; add answer, trajectory, abstain, ...")
        return self

    @property
    def spoken(self) -> Language:
        """The language of the first question."""
        return detect_language(self.turns[0].ask)

    @property
    def all_media(self) -> tuple[Medium, ...]:
        """Its media in the order they get their handles."""
        return (*self.media, *(medium for turn in self.turns for medium in turn.media))


class Generate(Part, frozen=True):
    """Cases that are drawn from a seed, so that fresh ones never run out."""

    kind: str = Field(description="A kind that mm_agent.evals.generate knows.")
    cases: int = Field(ge=1, le=10_000)
    seed: int = Field(default=0, ge=0)
    languages: tuple[Literal["en", "zh"], ...] = Field(default=("en", "zh"), min_length=1)

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        from mm_agent.evals.generate.kinds import MAKERS

        if kind not in MAKERS:
            raise ValueError(
                f"no cases of kind {kind!r} can be drawn; use one of {', '.join(sorted(MAKERS))}"
            )
        return kind


class Suite(Part, frozen=True):
    """Cases that are run together."""

    name: str = Field(min_length=1)
    description: str = ""
    cases: tuple[Case, ...] = ()
    generate: tuple[Generate, ...] = ()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Suite:
        seen: set[str] = set()
        for case in self.cases:
            if case.id in seen:
                raise ValueError(f"two cases have the id {case.id!r}; rename one")
            seen.add(case.id)
        return self
