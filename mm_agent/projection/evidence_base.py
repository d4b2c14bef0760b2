"""What every kind of evidence shares: a handle, the encoder that looked, an honest notice, lines of text."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mm_agent.projection.budget import Line, fit_lines
from mm_agent.prompt_files import Language, render

Box = tuple[int, int, int, int]
"""Pixels (left, top, right, bottom) of the upright picture."""
SEEN_AS = "The name that scores are of, where it is not the one asked for, such as dog for animal."


class Part(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(Part):
    """What every kind of evidence carries."""

    handle: str = Field(description="Media handle the evidence is about, such as img-1.")
    encoder: str = Field(description="Fingerprint of the encoder that looked.")
    notice: str | None = Field(default=None, description="One honest line about the weights.")

    @abstractmethod
    def lines(self, language: Language) -> list[Line]:
        """Put the finding into lines, most important first, without the notice."""

    def to_text(self, language: Language, *, max_tokens: int | None = None) -> str:
        """Put the evidence into words.

        Args:
            language: Language of the words; labels and texts stay as they were asked.
            max_tokens: Budget in estimated tokens (``budget.estimate_tokens``); None: no limit.

        Raises:
            ProjectionError: Even the lines that must stay are over the budget.
        """
        return fit_lines(self.all_lines(language), max_tokens=max_tokens, language=language)

    def all_lines(self, language: Language) -> list[Line]:
        """Return ``lines`` and, last, the notice."""
        notice = [Line(render("evidence_common/notice", language, notice=self.notice))] if self.notice else []
        return [*self.lines(language), *notice]


class LabelScore(Part):
    """A label, its score (0 to 1) and whether it counts as present."""

    label: str
    score: float
    present: bool


def seen_as_lines(asked: str, name: str | None, language: Language) -> list[Line]:
    """Say of which name the scores are; nothing where it is the one asked for."""
    if name is None:
        return []
    return [Line(render("evidence_common/seen_as", language, asked=asked, name=name))]


def saved_lines(
    what: Literal["heatmap", "features", "crop", "comparison", "sheet", "plot"],
    path: Path | None,
    language: Language,
) -> list[Line]:
    """Name a saved file, without its folder: a model cannot copy long paths and need not know them."""
    if path is None:
        return []
    return [Line(render(f"evidence_common/saved_{what}", language, name=path.name), 0.01)]
