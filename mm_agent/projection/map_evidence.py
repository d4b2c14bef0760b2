"""Evidence of where a picture's features, or its similarity to a text, concentrate."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from mm_agent.projection.budget import Line
from mm_agent.projection.evidence_base import Box, Evidence, LabelScore, Part, saved_lines
from mm_agent.projection.map_lines import map_lines
from mm_agent.projection.maps import MapPeak, MapSummary
from mm_agent.projection.wording import score_words
from mm_agent.prompt_files import Language, render


class Peak(Part):
    """A peak of a map: its patch, that patch's pixel box, and its strength relative to the highest."""

    row: int
    column: int
    box: Box | None
    strength: float


class FeatureMapEvidence(Evidence):
    """Where a picture's features, or its similarity to a query, concentrate."""

    kind: Literal["feature_map"] = "feature_map"
    rows: int
    columns: int
    shares: tuple[tuple[float, ...], ...] = Field(description="(n, n) share of the map in each grid field.")
    peaks: tuple[Peak, ...]
    spread: float = Field(description="Share of the patches that reach half of the highest peak.")
    low: float
    high: float
    query: str | None = Field(default=None, description="Text the similarity was taken to; None: activation.")
    scores: tuple[LabelScore, ...] = Field(default=(), description="The query's score on the whole picture.")
    heatmap_path: Path | None = Field(default=None, description="Saved heat map (PNG).")

    @classmethod
    def from_summary(
        cls,
        summary: MapSummary,
        handle: str,
        *,
        encoder: str,
        notice: str | None = None,
        query: str | None = None,
        scores: tuple[LabelScore, ...] = (),
        heatmap_path: Path | None = None,
    ) -> FeatureMapEvidence:
        """Make the evidence from a map's summary (``maps.summarise_map``)."""
        peaks = tuple(Peak(row=p.row, column=p.column, box=p.box, strength=p.strength) for p in summary.peaks)
        return cls(
            handle=handle, encoder=encoder, notice=notice, query=query, scores=scores,
            heatmap_path=heatmap_path, rows=summary.rows, columns=summary.columns, shares=summary.shares,
            peaks=peaks, spread=summary.spread, low=summary.low, high=summary.high,
        )  # fmt: skip

    def summary(self) -> MapSummary:
        """Return the numbers as a ``MapSummary``."""
        peaks = tuple(MapPeak(p.row, p.column, p.box, p.strength) for p in self.peaks)
        return MapSummary(self.rows, self.columns, self.shares, peaks, self.spread, self.low, self.high)

    def lines(self, language: Language) -> list[Line]:
        """The head and where the map concentrates stay; spread, peaks and files can go."""
        head, *rest = map_lines(self.summary(), self.handle, query=self.query, language=language)
        verdicts = [
            Line(
                render(
                    f"evidence_map/{'present' if item.present else 'absent'}",
                    language,
                    query=item.label,
                    score=score_words(item.score),
                )
            )
            for item in self.scores
        ]
        return [head, *verdicts, *rest, *saved_lines("heatmap", self.heatmap_path, language)]
