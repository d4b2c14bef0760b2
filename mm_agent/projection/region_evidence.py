"""Evidence of what a part of a picture shows: tags, colours, size, and how far it was enlarged."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from mm_agent.projection.budget import Line
from mm_agent.projection.evidence_base import Box, Evidence, LabelScore, Part, saved_lines
from mm_agent.projection.wording import list_words, percent_words, score_words
from mm_agent.prompt_files import Language, render
from mm_agent.vision.vocabulary import colour_word


class ColourPart(Part):
    """A colour by its English name, and its share (0 to 1) of the pixels."""

    name: str
    share: float


class RegionEvidence(Evidence):
    """What a region shows; ``handle`` is the region's own."""

    kind: Literal["region"] = "region"
    box: Box
    share: float = Field(description="Share of the whole picture's area.")
    zoom: float = Field(ge=1.0, description="How many times it was enlarged for the encoder; 1: not at all.")
    labels: tuple[LabelScore, ...] = Field(min_length=1, description="Tags, best first.")
    colours: tuple[ColourPart, ...] = Field(min_length=1, description="Dominant colours, largest first.")
    crop_path: Path | None = Field(default=None, description="The saved crop (PNG), as the encoder saw it.")

    def lines(self, language: Language) -> list[Line]:
        """Size, zoom, the best tag and the colours stay; other tags weigh their score."""
        left, top, right, bottom = self.box
        head = render(
            "evidence_region/head",
            language,
            handle=self.handle,
            size=f"{right - left}x{bottom - top}",
            share=percent_words(self.share),
        )
        lines = [Line(head)]
        if self.zoom > 1:
            lines.append(Line(render("evidence_region/zoomed", language, zoom=f"{self.zoom:.1f}")))
        lines.append(Line(render("evidence_region/tags", language)))
        for rank, item in enumerate(self.labels):
            section = "present" if item.present else "absent"
            text = render(
                f"evidence_labels/{section}", language, label=item.label, score=score_words(item.score)
            )
            lines.append(Line(text, item.score if rank else None))
        if not any(item.present for item in self.labels):
            lines.append(Line(render("evidence_region/none", language)))
        colours = list_words([self._colour(part, language) for part in self.colours], language)
        lines.append(Line(render("evidence_region/colours", language, colours=colours)))
        return [*lines, *saved_lines("crop", self.crop_path, language)]

    @staticmethod
    def _colour(part: ColourPart, language: Language) -> str:
        word = colour_word(part.name, language)
        return render("evidence_region/colour", language, colour=word, share=percent_words(part.share))
