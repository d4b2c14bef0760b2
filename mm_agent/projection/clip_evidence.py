"""Evidence about videos: frames to look at, moments of a thing, and a timeline."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from mm_agent.projection.budget import Line
from mm_agent.projection.evidence_base import SEEN_AS, Evidence, LabelScore, Part, saved_lines, seen_as_lines
from mm_agent.projection.wording import list_words, score_words, seconds_words
from mm_agent.prompt_files import Language, render


class ChosenFrame(Part):
    """A frame: its own handle, its time in seconds, and its score (0 to 1) if there is a query."""

    handle: str
    seconds: float
    score: float | None = None


class FramesEvidence(Evidence):
    """Frames of a video that are worth a look, in order of time."""

    kind: Literal["frames"] = "frames"
    duration: float = Field(description="Seconds of the whole video.")
    strategy: Literal["uniform", "fps", "scene", "query"]
    query: str | None = None
    frames: tuple[ChosenFrame, ...] = Field(min_length=1)
    left_out: int = Field(default=0, description="Frames left out because they look like others.")
    sheet_path: Path | None = Field(default=None, description="Saved contact sheet (PNG).")

    def lines(self, language: Language) -> list[Line]:
        """Head and first frame stay; later frames weigh less."""
        count, duration = str(len(self.frames)), seconds_words(self.duration)
        values = {"handle": self.handle, "count": count, "duration": duration}
        if self.strategy == "query":
            values["query"] = self.query or ""
        lines = [Line(render(f"evidence_frames/{self.strategy}", language, **values))]
        for rank, frame in enumerate(self.frames):
            lines.append(Line(_frame_words(frame, language), 0.9 - 0.001 * rank if rank else None))
        if self.left_out:
            lines.append(Line(render("evidence_frames/left_out", language, count=str(self.left_out)), 0.05))
        return [*lines, *saved_lines("sheet", self.sheet_path, language)]


def _frame_words(frame: ChosenFrame, language: Language) -> str:
    if frame.score is None:
        return render("evidence_frames/frame", language, handle=frame.handle)
    return render("evidence_frames/scored", language, handle=frame.handle, score=score_words(frame.score))


class FoundMoment(Part):
    """An interval in seconds, its score (0 to 1) and the handle of the frame that fits best."""

    start: float
    end: float
    score: float
    frame: str


class MomentsEvidence(Evidence):
    """When a thing can be seen in a video, best moment first; no moments when it was not found."""

    kind: Literal["moments"] = "moments"
    duration: float = Field(description="Seconds of the whole video.")
    query: str
    seen_as: str | None = Field(default=None, description=SEEN_AS)
    moments: tuple[FoundMoment, ...]
    best: float = Field(description="The highest score of any frame.")
    plot_path: Path | None = Field(default=None, description="Saved plot of the scores over time (PNG).")

    def lines(self, language: Language) -> list[Line]:
        """Head and best moment stay; other moments weigh their score."""
        values = {"handle": self.handle, "query": self.query, "duration": seconds_words(self.duration)}
        if not self.moments:
            lines = [Line(render("evidence_moments/none", language, best=score_words(self.best), **values))]
            return [*lines, *saved_lines("plot", self.plot_path, language)]
        lines = [Line(render("evidence_moments/found", language, **values))]
        lines += seen_as_lines(self.query, self.seen_as, language)
        for rank, moment in enumerate(self.moments):
            text = render(
                "evidence_moments/moment",
                language,
                start=seconds_words(moment.start),
                end=seconds_words(moment.end),
                score=score_words(moment.score),
                frame=moment.frame,
            )
            lines.append(Line(text, moment.score if rank else None))
        return [*lines, *saved_lines("plot", self.plot_path, language)]


class TimelineSegment(Part):
    """A stretch that looks alike: its tags, the frame that stands for it, and what is new and gone."""

    start: float
    end: float
    frame: str
    tags: tuple[LabelScore, ...]
    appears: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    change: float = Field(default=0.0, description="How unlike the segment before, 0 to 1.")


class TimelineEvidence(Evidence):
    """A video's segments in order."""

    kind: Literal["timeline"] = "timeline"
    duration: float = Field(description="Seconds of the whole video.")
    segments: tuple[TimelineSegment, ...] = Field(min_length=1)
    plot_path: Path | None = Field(default=None, description="Saved timeline with pictures (PNG).")

    def lines(self, language: Language) -> list[Line]:
        """The head stays; segments weigh their share of the video."""
        head = render(
            "evidence_timeline/head",
            language,
            handle=self.handle,
            count=str(len(self.segments)),
            duration=seconds_words(self.duration),
        )
        lines = [Line(head)]
        for segment in self.segments:
            share = (segment.end - segment.start) / max(self.duration, 1e-6)
            lines.append(Line(_segment_words(segment, language), 0.1 + 0.8 * min(share, 1.0)))
        return [*lines, *saved_lines("plot", self.plot_path, language)]


def _segment_words(segment: TimelineSegment, language: Language) -> str:
    each = [
        render("evidence_timeline/tag", language, label=tag.label, score=score_words(tag.score))
        for tag in segment.tags
    ]
    text = render(
        "evidence_timeline/segment",
        language,
        start=seconds_words(segment.start),
        end=seconds_words(segment.end),
        frame=segment.frame,
        tags=list_words(each, language) if each else render("evidence_timeline/nothing", language),
    )
    for section, labels in (("appears", segment.appears), ("leaves", segment.leaves)):
        if labels:
            text += render(f"evidence_timeline/{section}", language, labels=list_words(labels, language))
    return text
