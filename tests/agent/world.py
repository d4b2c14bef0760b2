"""A world of pictures known exactly, and tools that look at it and answer with real evidence models."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from mm_agent.errors import MediaNotFound
from mm_agent.media.item import MediaItem
from mm_agent.projection.clip_evidence import (
    FoundMoment,
    MomentsEvidence,
    TimelineEvidence,
    TimelineSegment,
)
from mm_agent.projection.evidence import (
    CountEvidence,
    FoundRegion,
    LabelEvidence,
    LocationEvidence,
    MatchEvidence,
    TextScore,
)
from mm_agent.projection.evidence_base import LabelScore
from mm_agent.projection.places import place_at
from mm_agent.vision.vocabulary import find, world

SIZE = 96
ENCODER = "test-encoder"
Box = tuple[int, int, int, int]
TOP_LEFT: Box = (4, 4, 28, 28)
BOTTOM_RIGHT: Box = (64, 64, 92, 92)
MIDDLE: Box = (36, 36, 60, 60)


@dataclass
class Scene:
    """What a picture shows: nouns (English singular) with their boxes, and the background's colour."""

    things: dict[str, list[Box]]
    background: str = "red"
    fitting: set[str] = field(default_factory=set)


@dataclass
class Film:
    """What a video shows: nouns with the (start, end) seconds of each time they can be seen."""

    spans: dict[str, list[tuple[float, float]]]
    duration: float = 10.0


@dataclass
class World:
    """Pictures by handle; ``calls`` records what the tools were asked."""

    scenes: dict[str, Scene]
    films: dict[str, Film] = field(default_factory=dict)
    sure: float = 0.93
    notice: str | None = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def items(self) -> list[MediaItem]:
        return [
            *(
                MediaItem(handle, "image", "0" * 64, SIZE, SIZE, f"{handle}-scene.png")
                for handle in self.scenes
                if "@" not in handle
            ),
            *(
                MediaItem(handle, "video", "1" * 64, SIZE, SIZE, f"{handle}.mp4", duration=film.duration)
                for handle, film in self.films.items()
            ),
        ]

    def tools(self) -> list[BaseTool]:
        functions = (
            *(self.classify_image, self.match_text, self.count_objects, self.locate),
            *(self.find_moments, self.describe_video),
        )
        return [
            StructuredTool.from_function(
                function, response_format="content_and_artifact", description=function.__name__
            )
            for function in functions
        ]

    def classify_image(
        self, image: str, labels: list[str] | None = None, exclusive: bool | None = None, top_k: int = 5
    ) -> tuple[str, dict[str, Any]]:
        self.calls.append(("classify_image", {"image": image, "labels": labels}))
        scene = self._scene(image)
        names = labels or [*scene.things, "zebra", "yacht"]
        right = [name for name in names if self._shows(scene, name)]
        other = (1 - self.sure) / max(1, len(names) - 1)
        scored = [
            LabelScore(label=n, score=self.sure if n in right else other, present=n in right) for n in names
        ]
        scored.sort(key=lambda item: -item.score)
        return self._out(
            LabelEvidence(
                handle=image, encoder=ENCODER, notice=self.notice, labels=tuple(scored[:top_k]),
                exclusive=bool(exclusive), none_of_these=not right,
            )
        )  # fmt: skip

    def match_text(self, image: str, texts: list[str]) -> tuple[str, dict[str, Any]]:
        self.calls.append(("match_text", {"image": image, "texts": texts}))
        fitting = self._scene(image).fitting
        scored = [
            TextScore(text=t, score=self.sure if t in fitting else 0.02, fits=t in fitting) for t in texts
        ]
        scored.sort(key=lambda entry: -entry.score)
        return self._out(
            MatchEvidence(handle=image, encoder=ENCODER, notice=self.notice, texts=tuple(scored))
        )

    def count_objects(self, image: str, noun: str) -> tuple[str, dict[str, Any]]:
        self.calls.append(("count_objects", {"image": image, "noun": noun}))
        seen = self._seen_as(image, noun)
        about = len(self._boxes(image, seen or noun))
        shares = tuple(self.sure if n == about else (1 - self.sure) / 3 for n in (1, 2, 3, 4))
        return self._out(
            CountEvidence(
                handle=image, encoder=ENCODER, notice=self.notice, noun=noun, about=about,
                probabilities=shares, presence=0.97 if about else 0.01, seen_as=seen,
            )
        )  # fmt: skip

    def locate(self, image: str, query: str) -> tuple[str, dict[str, Any]]:
        self.calls.append(("locate", {"image": image, "query": query}))
        regions = tuple(
            FoundRegion(
                handle=f"{image}@{','.join(map(str, box))}", box=box, score=0.8,
                where=place_at((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, width=SIZE, height=SIZE),
            )
            for box in self._boxes(image, query)
        )  # fmt: skip
        return self._out(
            LocationEvidence(handle=image, encoder=ENCODER, notice=self.notice, query=query, regions=regions)
        )

    def find_moments(self, video: str, query: str) -> tuple[str, dict[str, Any]]:
        self.calls.append(("find_moments", {"video": video, "query": query}))
        spans = self.films[video].spans.get(query, [])
        found = tuple(
            FoundMoment(start=start, end=end, score=self.sure, frame=f"{video}@{(start + end) / 2:.2f}s")
            for start, end in sorted(spans, key=lambda span: span[0] - span[1])
        )
        return self._out(
            MomentsEvidence(
                handle=video, encoder=ENCODER, notice=self.notice, duration=self.films[video].duration,
                query=query, moments=found, best=self.sure if found else 0.02,
            )
        )  # fmt: skip

    def describe_video(self, video: str) -> tuple[str, dict[str, Any]]:
        self.calls.append(("describe_video", {"video": video}))
        film = self.films[video]
        cuts = sorted(
            {0.0, film.duration, *(edge for spans in film.spans.values() for s in spans for edge in s)}
        )
        segments = tuple(
            TimelineSegment(
                start=start, end=end, frame=f"{video}@{(start + end) / 2:.2f}s",
                tags=tuple(
                    LabelScore(label=noun, score=self.sure, present=True)
                    for noun, spans in film.spans.items()
                    if any(a <= start and end <= b for a, b in spans)
                ),
            )
            for start, end in pairwise(cuts)
        )  # fmt: skip
        return self._out(
            TimelineEvidence(
                handle=video, encoder=ENCODER, notice=self.notice, duration=film.duration, segments=segments
            )
        )

    def _scene(self, image: str) -> Scene:
        if image in self.scenes:  # a frame of a video
            return self.scenes[image]
        handle = image.partition("@")[0]
        if handle not in self.scenes:
            raise MediaNotFound(f"no media '{image}'; known: {', '.join(self.scenes)}")
        return self.scenes[handle]

    def _boxes(self, image: str, noun: str) -> list[Box]:
        concept = find(noun)
        return self._scene(image).things.get(concept.en if concept else noun, [])

    def _seen_as(self, image: str, noun: str) -> str | None:
        """A thing of the scene that is a kind of what was asked for."""
        asked, things = find(noun), self._scene(image).things
        kinds = [] if asked is None or asked.en in things else [each.en for each in world().hyponyms(asked)]
        return next((kind for kind in kinds if kind in things), None)

    @staticmethod
    def _shows(scene: Scene, name: str) -> bool:
        concept = find(name)
        return (concept.en if concept else name) in scene.things or name == f"{scene.background} background"

    @staticmethod
    def _out(evidence: Any) -> tuple[str, dict[str, Any]]:
        return evidence.to_text("en"), evidence.model_dump(mode="json")


def two_scenes() -> World:
    """img-1: two cats and an apple on red; img-2: three dogs on blue."""
    return World(
        {
            "img-1": Scene({"cat": [TOP_LEFT, BOTTOM_RIGHT], "apple": [MIDDLE]}, "red"),
            "img-2": Scene({"dog": [TOP_LEFT, MIDDLE, BOTTOM_RIGHT]}, "blue"),
        }
    )


def one_film() -> World:
    """vid-1, 10 s: a cat from 0 to 4 s and 7 to 8 s, a dog from 3 to 10 s; two cats at 2 s."""
    return World(
        {"vid-1@2.00s": Scene({"cat": [TOP_LEFT, BOTTOM_RIGHT]}, "green")},
        films={"vid-1": Film({"cat": [(0.0, 4.0), (7.0, 8.0)], "dog": [(3.0, 10.0)]})},
    )


def one_scene() -> World:
    """img-1: two cats top left and bottom right, an apple in the middle, on red."""
    return World({"img-1": two_scenes().scenes["img-1"]})
