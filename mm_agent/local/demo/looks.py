"""What the tools would say about a world that is drawn by lot: real evidence models with random findings.

Each function returns the evidence; its text is what the tool hands to a model in use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from mm_agent.local.demo.words import several
from mm_agent.media.item import MediaItem
from mm_agent.projection.clip_evidence import (
    ChosenFrame,
    FoundMoment,
    FramesEvidence,
    MomentsEvidence,
    TimelineEvidence,
    TimelineSegment,
)
from mm_agent.projection.comparison_evidence import ComparisonEvidence, Difference, TagContrast
from mm_agent.projection.evidence import (
    CountEvidence,
    FeatureEvidence,
    FeatureMapEvidence,
    FeatureStats,
    FoundRegion,
    LabelEvidence,
    LocationEvidence,
    MatchEvidence,
    TextScore,
)
from mm_agent.projection.evidence_base import Evidence, LabelScore
from mm_agent.projection.map_evidence import Peak
from mm_agent.projection.places import place_at
from mm_agent.projection.region_evidence import ColourPart, RegionEvidence
from mm_agent.projection.text import MAX_TOKENS
from mm_agent.vision.vocabulary import BLACK, COLOURS, Language

Box = tuple[int, int, int, int]
ENCODER = "demo"


@dataclass
class World:
    """Media nobody drew, the language of the question, and what the encoder's notice says."""

    rng: np.random.Generator
    language: Language
    items: list[MediaItem] = field(default_factory=list)
    notice: str | None = None
    tool_language: Language = "en"
    threshold: float = 0.5
    """From which score on a thing is present; encoders differ much, so the words count and not the number."""

    def text(self, evidence: Evidence) -> str:
        """As the tool says it."""
        return evidence.to_text(self.tool_language, max_tokens=MAX_TOKENS)

    def size(self, handle: str) -> tuple[int, int]:
        """Width and height of a medium."""
        item = next(item for item in self.items if item.handle == handle.partition("@")[0])
        return item.width, item.height

    def chance(self, share: float) -> bool:
        """True in that share of the calls."""
        return bool(self.rng.random() < share)

    def high(self) -> float:
        """A score over the presence threshold."""
        return float(1 - (1 - self.threshold) * self.rng.random() ** 2.5)

    def low(self) -> float:
        """A score below it."""
        return float(0.9 * self.threshold * self.rng.random() ** 3)


def count(world: World, handle: str, noun: str) -> CountEvidence:
    """None in a quarter; else 1 to 6, now and then unsure."""
    rng = world.rng
    highest = 4 if world.chance(0.8) else int(rng.integers(5, 11))
    about = 0 if world.chance(0.22) else int(rng.integers(1, highest + 1))
    sure = float(rng.uniform(0.26, 0.495)) if world.chance(0.15) else float(rng.uniform(0.505, 1))
    rest = rng.dirichlet([0.4] * (highest - 1)) * (1 - sure)
    while about and rest.max() >= sure:
        rest = (rest + (1 - sure) / (highest - 1)) / 2
    shares = [*rest]
    shares.insert(max(about - 1, 0), sure)
    peaks = int(rng.integers(1, 7)) if world.chance(0.8) else None
    presence = world.high() if about else world.low()
    return CountEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, noun=noun, about=about,
        probabilities=tuple(shares), presence=presence, peaks=peaks,
    )  # fmt: skip


def labels(world: World, handle: str, names: list[str] | None, *, exclusive: bool = False) -> LabelEvidence:
    """Scores of the names, or of five words of a vocabulary."""
    rng = world.rng
    names = names or [noun.one for noun in several(world.tool_language, rng, 5)]
    if exclusive:
        unsure = len(names) > 2 and world.chance(0.15)
        best = float(rng.uniform(1 / len(names) + 0.02, 0.495)) if unsure else 1 - 0.5 * rng.random() ** 2.5
        rest = rng.dirichlet([0.5] * (len(names) - 1)) * (1 - best)
        while rest.max() >= best:
            rest = (rest + (1 - best) / (len(names) - 1)) / 2
        scores = [best, *rest]
    else:
        most = 1 if world.chance(0.6) else min(3, len(names))
        right = 0 if world.chance(0.3 if len(names) == 1 else 0.2) else int(rng.integers(1, most + 1))
        scores = [world.high() if rank < right else world.low() for rank in range(len(names))]
    scores.sort(reverse=True)
    found = [
        LabelScore(label=names[index], score=score, present=score >= (0.5 if exclusive else world.threshold))
        for index, score in zip(rng.permutation(len(names)), scores, strict=True)
    ]
    return LabelEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, labels=tuple(found), exclusive=exclusive,
        none_of_these=not any(item.present for item in found),
    )  # fmt: skip


def locations(world: World, handle: str, query: str) -> LocationEvidence:
    """Up to three regions, or none."""
    many = 0 if world.chance(0.15) else int(world.rng.choice([1, 1, 1, 2, 3]))
    scores = sorted((world.high() for _ in range(many)), reverse=True)
    regions = tuple(_region(world, handle, score) for score in scores)
    path = Path(f"located-{handle}.png") if regions else None
    return LocationEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, query=query, regions=regions, heatmap_path=path
    )


def _region(world: World, handle: str, score: float) -> FoundRegion:
    box, where = a_box(world, handle)
    return FoundRegion(handle=region_handle(handle, box), box=box, score=score, where=where)


def a_box(world: World, handle: str):
    """A box in a medium, and its place in words."""
    width, height = world.size(handle)
    grid = int(world.rng.choice([8, 14, 16]))
    columns, rows = (sorted(world.rng.choice(grid + 1, 2, replace=False).tolist()) for _ in "xy")
    box = (
        columns[0] * width // grid, rows[0] * height // grid,
        columns[1] * width // grid, rows[1] * height // grid,
    )  # fmt: skip
    return box, place_at((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, width=width, height=height)


def region_handle(handle: str, box: Box) -> str:
    """The handle of a box; of a frame's box, behind the frame's own."""
    return f"{handle}{',' if '@' in handle and not handle.endswith('s') else '@'}{','.join(map(str, box))}"


def match(world: World, handle: str, texts: list[str]) -> MatchEvidence:
    """Scores of sentences."""
    scored = [(text, world.high() if world.chance(0.5) else world.low()) for text in texts]
    scored.sort(key=lambda pair: -pair[1])
    return MatchEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice,
        texts=tuple(TextScore(text=t, score=s, fits=s >= world.threshold) for t, s in scored),
    )  # fmt: skip


def region(world: World, handle: str, box: Box | None = None) -> RegionEvidence:
    """Tags and colours of a region, or of a whole picture."""
    rng = world.rng
    width, height = world.size(handle)
    whole = box is None
    box = box or (0, 0, width, height)
    shares = sorted(rng.dirichlet([1.0] * int(rng.integers(1, 5))), reverse=True)
    names = [colour.en for colour in (*COLOURS, BLACK)]
    colours = tuple(
        ColourPart(name=names[index], share=float(share) * 0.97)
        for index, share in zip(rng.permutation(len(names)), shares, strict=False)
    )
    tags = labels(world, handle, None)
    return RegionEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, box=box,
        share=1.0 if whole else (box[2] - box[0]) * (box[3] - box[1]) / (width * height),
        zoom=1.0 if whole or world.chance(0.4) else float(rng.uniform(1.1, 8)), labels=tags.labels,
        colours=colours, crop_path=Path(f"crop-{handle}.png"),
    )  # fmt: skip


def comparison(world: World, first: str, second: str) -> ComparisonEvidence:
    """How two pictures differ."""
    rng = world.rng
    words = [noun.one for noun in several(world.tool_language, rng, 5)]
    cut, end = sorted(rng.integers(0, 3, 2).tolist())
    ahead, behind = (TagContrast, lambda: (world.high(), world.low()))
    high, low = behind(), behind()
    places = [
        Difference(
            handle=region_handle(handle, box), box=box, where=where, strength=float(rng.uniform(0.3, 0.9))
        )
        for handle in rng.choice([first, second], int(rng.integers(0, 4))).tolist()
        for box, where in [a_box(world, handle)]
    ]
    places.sort(key=lambda place: -place.strength)
    shared = words[4:] if world.chance(0.4) else []
    return ComparisonEvidence(
        handle=first, encoder=ENCODER, notice=world.notice, other=second,
        similarity=float(rng.uniform(-0.1, 1)), same=world.chance(0.15),
        only_first=tuple(ahead(label=w, first=high[0], second=high[1]) for w in words[:cut]),
        only_second=tuple(ahead(label=w, first=low[1], second=low[0]) for w in words[2 : 2 + end - cut]),
        both=tuple(ahead(label=w, first=high[0], second=low[0]) for w in shared),
        places=tuple(places), picture_path=Path(f"compared-{first}-{second}.png"),
    )  # fmt: skip


def moments(world: World, handle: str, query: str) -> MomentsEvidence:
    """When a thing can be seen, or never."""
    duration = _duration(world, handle)
    many = 0 if world.chance(0.25) else int(world.rng.choice([1, 1, 2, 3]))
    edges = np.sort(world.rng.uniform(0, duration, 2 * many))
    scores = sorted((world.high() for _ in range(many)), reverse=True)
    order = world.rng.permutation(many)
    found = tuple(
        FoundMoment(start=a, end=b, score=score, frame=frame_handle(handle, (a + b) / 2, world.rng))
        for score, (a, b) in zip(scores, edges.reshape(many, 2)[order].tolist(), strict=True)
    )
    return MomentsEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, duration=duration, query=query, moments=found,
        best=scores[0] if scores else world.low(), plot_path=Path(f"moments-{handle}.png"),
    )  # fmt: skip


def timeline(world: World, handle: str) -> TimelineEvidence:
    """One to five segments with tags."""
    rng, duration = world.rng, _duration(world, handle)
    many = int(rng.integers(1, 6))
    edges = [0.0, *np.sort(rng.uniform(0, duration, many - 1)).tolist(), duration]
    segments, before = [], ()
    for start, end in pairwise(edges):
        words = [n.one for n in several(world.tool_language, rng, int(rng.choice([0, 1, 1, 1, 2])))]
        scores = sorted((world.high() for _ in words), reverse=True)
        pairs = zip(words, scores, strict=True)
        tags = tuple(LabelScore(label=word, score=score, present=True) for word, score in pairs)
        shown = tuple(words)
        segments.append(
            TimelineSegment(
                start=start,
                end=end,
                frame=frame_handle(handle, (start + end) / 2, rng),
                tags=tags,
                appears=shown if segments else (),
                leaves=before,
            )
        )
        before = shown
    return TimelineEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, duration=duration, segments=tuple(segments),
        plot_path=Path(f"timeline-{handle}.png"),
    )  # fmt: skip


def frames(
    world: World,
    handle: str,
    strategy: Literal["uniform", "fps", "scene", "query"],
    query: str | None,
    most: int,
) -> FramesEvidence:
    """Frames worth a look."""
    duration = _duration(world, handle)
    times = np.sort(world.rng.uniform(0, duration, int(world.rng.integers(1, min(most, 6) + 1)))).tolist()
    chosen = tuple(
        ChosenFrame(
            handle=frame_handle(handle, t, world.rng), seconds=t, score=world.high() if query else None
        )
        for t in times
    )
    return FramesEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, duration=duration, strategy=strategy,
        query=query, frames=chosen, left_out=int(world.rng.choice([0, 0, 2])),
        sheet_path=Path(f"frames-{handle}.png"),
    )  # fmt: skip


def frame_handle(handle: str, seconds: float, rng: np.random.Generator) -> str:
    """A frame's handle, to a whole second or a hundredth."""
    return f"{handle}@{round(seconds)}s" if rng.random() < 0.5 else f"{handle}@{seconds:.2f}s"


def features(world: World, handle: str, kind: Literal["pooled", "patch"]) -> FeatureEvidence:
    """Saved features."""
    rng = world.rng
    side, width = int(rng.choice([8, 14, 16, 27])), int(rng.choice([192, 768, 1152]))
    mean, std = float(rng.normal(0, 0.02)), float(rng.uniform(0.02, 2))
    return FeatureEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, features=kind,
        shape=(width,) if kind == "pooled" else (side, side, width),
        stats=FeatureStats(mean=mean, std=std, low=mean - 3 * std, high=mean + 3 * std),
        path=Path(f"{kind}-{handle}-{rng.bytes(6).hex()}.safetensors"),
    )  # fmt: skip


def feature_map(world: World, handle: str, query: str | None) -> FeatureMapEvidence:
    """Where a map concentrates."""
    rng = world.rng
    shares = rng.dirichlet([0.5] * 9).reshape(3, 3).tolist()
    side = int(rng.choice([8, 14, 16]))
    strengths = sorted(rng.uniform(0.3, 1, int(rng.integers(0, 3))).tolist(), reverse=True)
    peaks = tuple(
        Peak(
            row=int(rng.integers(side)),
            column=int(rng.integers(side)),
            box=a_box(world, handle)[0],
            strength=s,
        )
        for s in strengths
    )
    score = world.high() if world.chance(0.6) else world.low()
    scores = (LabelScore(label=query, score=score, present=score >= world.threshold),) if query else ()
    return FeatureMapEvidence(
        handle=handle, encoder=ENCODER, notice=world.notice, rows=side, columns=side,
        shares=tuple(map(tuple, shares)), peaks=peaks, spread=float(rng.uniform(0.02, 0.9)),
        low=float(rng.uniform(0, 0.05)), high=float(rng.uniform(0.1, 1)), query=query, scores=scores,
        heatmap_path=Path(f"heatmap-{handle}.png"),
    )  # fmt: skip


def _duration(world: World, handle: str) -> float:
    item = next(item for item in world.items if item.handle == handle)
    return item.duration or 10.0
