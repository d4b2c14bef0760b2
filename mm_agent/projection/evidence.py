"""Evidence: what a tool found, as frozen models that put themselves into words through prompt files.

    AnyEvidence (by ``kind``)
    ├── labels       LabelEvidence      labels of a picture with scores
    ├── match        MatchEvidence      how well texts fit a picture
    ├── count        CountEvidence      about how many of a thing
    ├── locations    LocationEvidence   where a thing is
    ├── features     FeatureEvidence    saved features and their statistics
    ├── feature_map  FeatureMapEvidence where features or a similarity concentrate
    ├── region       RegionEvidence     what a part of a picture shows
    ├── comparison   ComparisonEvidence how two pictures differ
    ├── frames       FramesEvidence     frames of a video that are worth a look
    ├── moments      MomentsEvidence    when a thing can be seen in a video
    └── timeline     TimelineEvidence   a video's segments

``model_dump(mode="json")`` is a tool's artifact; ``parse_evidence`` reads it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from mm_agent.projection.budget import Line
from mm_agent.projection.clip_evidence import FramesEvidence, MomentsEvidence, TimelineEvidence
from mm_agent.projection.comparison_evidence import ComparisonEvidence
from mm_agent.projection.evidence_base import (
    SEEN_AS,
    Box,
    Evidence,
    LabelScore,
    Part,
    saved_lines,
    seen_as_lines,
)
from mm_agent.projection.map_evidence import FeatureMapEvidence
from mm_agent.projection.places import Place, place_words
from mm_agent.projection.region_evidence import RegionEvidence
from mm_agent.projection.wording import box_words, list_words, score_words, shape_words
from mm_agent.prompt_files import Language, render
from mm_agent.vision.vocabulary import noun_forms


class LabelEvidence(Evidence):
    """Labels of a picture, best first."""

    kind: Literal["labels"] = "labels"
    labels: tuple[LabelScore, ...] = Field(min_length=1)
    exclusive: bool = Field(description="True: exactly one label is right and scores share 1 (softmax).")
    none_of_these: bool = Field(description="True: no label reaches the presence threshold.")

    def lines(self, language: Language) -> list[Line]:
        """Head, the best label and the verdict stay; other labels weigh their score."""
        head = "exclusive" if self.exclusive else "independent"
        lines = [Line(render(f"evidence_labels/{head}", language, handle=self.handle))]
        for rank, item in enumerate(self.labels):
            section = "present" if item.present else "absent"
            text = render(
                f"evidence_labels/{section}", language, label=item.label, score=score_words(item.score)
            )
            lines.append(Line(text, item.score if rank else None))
        if self.none_of_these:
            lines.append(Line(render("evidence_labels/none", language)))
        return lines


class TextScore(Part):
    """A text, its score (0 to 1), and whether it fits by the encoder's threshold (None: scores share 1)."""

    text: str
    score: float
    fits: bool | None = None


class MatchEvidence(Evidence):
    """How well texts fit a picture, best first."""

    kind: Literal["match"] = "match"
    texts: tuple[TextScore, ...] = Field(min_length=1)
    exclusive: bool = Field(default=False, description="True: scores share 1 (softmax).")

    def lines(self, language: Language) -> list[Line]:
        """Head and the best text stay; other texts weigh their score."""
        head = "exclusive" if self.exclusive else "independent"
        lines = [Line(render(f"evidence_match/{head}", language, handle=self.handle))]
        sections = {True: "fits", False: "unfit", None: "scored"}
        for rank, item in enumerate(self.texts):
            text = render(
                f"evidence_match/{sections[item.fits]}",
                language,
                text=item.text,
                score=score_words(item.score),
            )
            lines.append(Line(text, item.score if rank else None))
        return lines


class CountEvidence(Evidence):
    """About how many of a thing are in a picture."""

    kind: Literal["count"] = "count"
    noun: str
    about: int = Field(ge=0)
    probabilities: tuple[float, ...] = Field(description="Share of 1, 2, ... if there is any.", min_length=1)
    presence: float = Field(description="Probability that there is any at all.")
    seen_as: str | None = Field(default=None, description=SEEN_AS)
    peaks: int | None = Field(default=None, description="Separate peaks of its heat map; None: no map.")
    unsure: bool = Field(default=False, description="True: its presence lies between the thresholds.")
    counted: bool = Field(
        default=True, description="False: the encoder cannot count; about is 1 if it is there."
    )

    def lines(self, language: Language) -> list[Line]:
        """The estimate stays; the share of each count can go."""
        handle, presence = self.handle, score_words(self.presence)
        if self.about == 0 or not self.counted:
            section = "there" if self.about else "unsure" if self.unsure else "none"
            text = render(
                f"evidence_count/{section}", language, handle=handle, noun=self.noun, presence=presence
            )
            return [Line(text), *seen_as_lines(self.noun, self.seen_as, language)]
        section = "most" if self.about == len(self.probabilities) else "about"
        counted = noun_forms(self.noun, self.about, language)
        text = render(
            f"evidence_count/{section}", language, handle=handle, counted=counted, presence=presence
        )
        ranked = sorted(enumerate(self.probabilities, start=1), key=lambda item: (-item[1], item[0]))
        each = [
            render("evidence_count/share", language, count=str(count), score=score_words(share))
            for count, share in ranked
        ]
        shares = list_words(each, language)
        lines = [Line(text), *seen_as_lines(self.noun, self.seen_as, language)]
        lines.append(Line(render("evidence_count/shares", language, shares=shares), 0.0))
        if self.peaks is not None:
            lines.append(Line(render("evidence_count/peaks", language, peaks=str(self.peaks)), 0.0))
        return lines


class FoundRegion(Part):
    """A region: its own handle, pixel box, score (0 to 1) and place on a 3x3 grid."""

    handle: str
    box: Box
    score: float
    where: Place


class LocationEvidence(Evidence):
    """Where a thing is, best region first; no regions when it was not found."""

    kind: Literal["locations"] = "locations"
    query: str
    seen_as: str | None = Field(default=None, description=SEEN_AS)
    regions: tuple[FoundRegion, ...]
    heatmap_path: Path | None = Field(default=None, description="Saved heat map (PNG).")

    def lines(self, language: Language) -> list[Line]:
        """Head and the best region stay; other regions weigh their score, the heat map's name least."""
        found = "found" if self.regions else "none"
        lines = [Line(render(f"evidence_locations/{found}", language, handle=self.handle, query=self.query))]
        lines += seen_as_lines(self.query, self.seen_as, language)
        for rank, region in enumerate(self.regions):
            text = render(
                "evidence_locations/region",
                language,
                handle=region.handle,
                where=place_words(region.where, language),
                box=box_words(region.box, language),
                score=score_words(region.score),
            )
            lines.append(Line(text, region.score if rank else None))
        return [*lines, *saved_lines("heatmap", self.heatmap_path, language)]


class FeatureStats(Part):
    """Statistics of a feature array's values."""

    mean: float
    std: float
    low: float
    high: float


class FeatureEvidence(Evidence):
    """Features of a picture, or of a video's frames, that were saved to a file."""

    kind: Literal["features"] = "features"
    features: Literal["pooled", "patch"]
    shape: tuple[int, ...] = Field(description="Of a video, the first axis is the frames.")
    times: tuple[float, ...] = Field(default=(), description="Seconds of a video's frames.")
    stats: FeatureStats
    path: Path | None = Field(default=None, description="Saved features (safetensors).")

    def lines(self, language: Language) -> list[Line]:
        """The shape stays; statistics and the file's name can go."""
        shape, stats = shape_words(self.shape), self.stats
        numbers = {name: f"{value:.3g}" for name, value in stats.model_dump().items()}
        section = f"clip_{self.features}" if self.times else self.features
        return [
            Line(render(f"evidence_features/{section}", language, handle=self.handle, shape=shape)),
            Line(render("evidence_features/stats", language, **numbers), 0.5),
            *saved_lines("features", self.path, language),
        ]


AnyEvidence = Annotated[
    LabelEvidence
    | MatchEvidence
    | CountEvidence
    | LocationEvidence
    | FeatureEvidence
    | FeatureMapEvidence
    | RegionEvidence
    | ComparisonEvidence
    | FramesEvidence
    | MomentsEvidence
    | TimelineEvidence,
    Field(discriminator="kind"),
]
_ADAPTER: TypeAdapter[AnyEvidence] = TypeAdapter(AnyEvidence)


def parse_evidence(artifact: Mapping[str, Any]) -> AnyEvidence:
    """Read a tool's artifact back into evidence.

    Raises:
        pydantic.ValidationError: Not the dump of any kind of evidence.
    """
    return _ADAPTER.validate_python(artifact)
