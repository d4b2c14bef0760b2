"""Evidence of how two pictures differ: similarity, tags of only one of them, places without a match."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from mm_agent.projection.budget import Line
from mm_agent.projection.evidence_base import Box, Evidence, Part, saved_lines
from mm_agent.projection.places import Place, place_words
from mm_agent.projection.wording import box_words, list_words, score_words
from mm_agent.prompt_files import Language, render


class TagContrast(Part):
    """A tag and its scores (0 to 1) on the first and on the second picture."""

    label: str
    first: float
    second: float


class Difference(Part):
    """A place that looks like nothing in the other picture: its region handle, box, and how unlike it is."""

    handle: str
    box: Box
    where: Place
    strength: float = Field(description="From 0, a perfect match elsewhere, to about 1, no match at all.")


class ComparisonEvidence(Evidence):
    """How two pictures differ; ``handle`` is the first one's."""

    kind: Literal["comparison"] = "comparison"
    other: str = Field(description="Media handle of the second picture.")
    similarity: float = Field(description="Cosine of the two pictures' vectors.")
    same: bool = Field(description="True: the pixels are the same.")
    only_first: tuple[TagContrast, ...] = Field(description="Tags that only the first shows, clearest first.")
    only_second: tuple[TagContrast, ...]
    both: tuple[TagContrast, ...] = Field(description="Tags that both show.")
    places: tuple[Difference, ...] | None = Field(
        description="Where they differ, most first; None: this encoder cannot say."
    )
    picture_path: Path | None = Field(default=None, description="Both pictures, side by side (PNG).")

    def lines(self, language: Language) -> list[Line]:
        """Similarity and the tags of only one picture stay; places weigh their strength, shared tags less."""
        handles = {"first": self.handle, "second": self.other}
        if self.same:
            return [Line(render("evidence_comparison/same", language, **handles))]
        similarity = f"{self.similarity:.2f}"
        lines = [Line(render("evidence_comparison/head", language, similarity=similarity, **handles))]
        for handle, contrasts in ((self.handle, self.only_first), (self.other, self.only_second)):
            if contrasts:
                tags = list_words([_contrast(item, language) for item in contrasts], language)
                lines.append(Line(render("evidence_comparison/only", language, handle=handle, tags=tags)))
        if not self.only_first and not self.only_second:
            lines.append(Line(render("evidence_comparison/no_tag", language)))
        if self.both:
            tags = list_words([item.label for item in self.both], language)
            lines.append(Line(render("evidence_comparison/both", language, tags=tags), 0.1))
        return [*lines, *self._place_lines(language), *saved_lines("comparison", self.picture_path, language)]

    def _place_lines(self, language: Language) -> list[Line]:
        if self.places is None:
            return []
        if not self.places:
            return [Line(render("evidence_comparison/no_place", language))]
        lines = [Line(render("evidence_comparison/places", language))]
        for rank, place in enumerate(self.places):
            text = render(
                "evidence_comparison/place",
                language,
                handle=place.handle,
                where=place_words(place.where, language),
                box=box_words(place.box, language),
                strength=score_words(place.strength),
            )
            lines.append(Line(text, place.strength if rank else None))
        return lines


def _contrast(item: TagContrast, language: Language) -> str:
    """ "dog (0.93 against 0.02)": the higher score first."""
    high, low = sorted((item.first, item.second), reverse=True)
    return render(
        "evidence_comparison/contrast",
        language,
        label=item.label,
        high=score_words(high),
        low=score_words(low),
    )
