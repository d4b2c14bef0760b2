"""One piece of evidence of every kind, with notices and numbers a person can check."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mm_agent.projection import (
    CountEvidence,
    Evidence,
    FeatureEvidence,
    FeatureMapEvidence,
    LabelEvidence,
    LabelScore,
    LocationEvidence,
    MatchEvidence,
)
from mm_agent.projection.clip_evidence import (
    ChosenFrame,
    FoundMoment,
    FramesEvidence,
    MomentsEvidence,
    TimelineEvidence,
    TimelineSegment,
)
from mm_agent.projection.comparison_evidence import ComparisonEvidence, Difference, TagContrast
from mm_agent.projection.evidence import FeatureStats, FoundRegion, TextScore
from mm_agent.projection.maps import summarise_map
from mm_agent.projection.region_evidence import ColourPart, RegionEvidence


@pytest.fixture
def two_spots() -> np.ndarray:
    """Patch features (12, 12, 4): a strong thing near the top left, a weaker one near the bottom right."""
    features = np.zeros((12, 12, 4))
    features[1:3, 1:3, 0] = 1.0
    features[9, 10, 1] = 0.8
    return features


@pytest.fixture
def samples(two_spots: np.ndarray) -> dict[str, Evidence]:
    """Evidence by the name of its golden file."""
    notice = "these weights know drawn stickers, not photos."
    similarity = np.full((6, 6), 0.002)
    similarity[4:, 0] = 0.03  # bottom left
    return {
        "labels": LabelEvidence(
            handle="img-1",
            encoder="f00d",
            notice=notice,
            labels=(
                LabelScore(label="cat", score=0.934, present=True),
                LabelScore(label="dog", score=0.0213, present=False),
                LabelScore(label="airplane", score=0.00004, present=False),
            ),
            exclusive=False,
            none_of_these=False,
        ),
        "labels_none": LabelEvidence(
            handle="img-1",
            encoder="f00d",
            labels=(
                LabelScore(label="卡车", score=0.71, present=False),
                LabelScore(label="船", score=0.29, present=False),
            ),
            exclusive=True,
            none_of_these=True,
        ),
        "match": MatchEvidence(
            handle="img-1",
            encoder="f00d",
            texts=(
                TextScore(text="a photo of 2 cats", score=0.4053, fits=True),
                TextScore(text="a photo of 2 dogs", score=0.0009, fits=False),
            ),
        ),
        "match_shared": MatchEvidence(
            handle="img-1",
            encoder="f00d",
            texts=(TextScore(text="a cat", score=0.9), TextScore(text="a dog", score=0.1)),
            exclusive=True,
        ),
        "count": CountEvidence(
            handle="img-1",
            encoder="f00d",
            noun="cat",
            about=2,
            probabilities=(0.1, 0.8, 0.07, 0.03),
            presence=0.97,
        ),
        "count_most": CountEvidence(
            handle="img-1",
            encoder="f00d",
            noun="cat",
            about=4,
            probabilities=(0.0, 0.1, 0.2, 0.7),
            presence=0.9,
            peaks=4,
        ),
        "count_none": CountEvidence(
            handle="img-1",
            encoder="f00d",
            noun="dog",
            about=0,
            probabilities=(0.5, 0.3, 0.1, 0.1),
            presence=0.003,
        ),
        "locations": LocationEvidence(
            handle="img-1",
            encoder="f00d",
            query="cat",
            regions=(
                FoundRegion(handle="img-1@0,0,40,30", box=(0, 0, 40, 30), score=0.62, where="top left"),
                FoundRegion(
                    handle="img-1@90,60,120,90", box=(90, 60, 120, 90), score=0.08, where="bottom right"
                ),
            ),
            heatmap_path=Path("somewhere/located-img-1-12345678.png"),
        ),
        "locations_none": LocationEvidence(handle="img-1", encoder="f00d", query="dog", regions=()),
        "features": FeatureEvidence(
            handle="img-1",
            encoder="f00d",
            features="patch",
            shape=(12, 12, 192),
            stats=FeatureStats(mean=0.01234, std=1.002, low=-4.5, high=5.25),
            path=Path("somewhere/patch-img-1-12345678.safetensors"),
        ),
        "features_clip": FeatureEvidence(
            handle="vid-1",
            encoder="f00d",
            features="patch",
            shape=(16, 12, 12, 192),
            times=tuple(0.5 + step for step in range(16)),
            stats=FeatureStats(mean=0.01234, std=1.002, low=-4.5, high=5.25),
        ),
        "frames": FramesEvidence(
            handle="vid-1",
            encoder="f00d",
            duration=12.04,
            strategy="scene",
            frames=(
                ChosenFrame(handle="vid-1@2s", seconds=2.0),
                ChosenFrame(handle="vid-1@6.48s", seconds=6.48),
            ),
            left_out=3,
            sheet_path=Path("somewhere/frames-vid-1.png"),
        ),
        "frames_query": FramesEvidence(
            handle="vid-1",
            encoder="f00d",
            duration=12.04,
            strategy="query",
            query="car",
            frames=(
                ChosenFrame(handle="vid-1@4.1s", seconds=4.1, score=0.93),
                ChosenFrame(handle="vid-1@6.48s", seconds=6.48, score=0.021),
            ),
        ),
        "moments": MomentsEvidence(
            handle="vid-1",
            encoder="f00d",
            notice=notice,
            duration=42.0,
            query="car",
            moments=(
                FoundMoment(start=3.95, end=8.0, score=0.81, frame="vid-1@5s"),
                FoundMoment(start=30.0, end=31.26, score=0.3, frame="vid-1@30.5s"),
            ),
            best=0.95,
            plot_path=Path("somewhere/moments-vid-1.png"),
        ),
        "moments_none": MomentsEvidence(
            handle="vid-1", encoder="f00d", duration=42.0, query="dog", moments=(), best=0.0123
        ),
        "timeline": TimelineEvidence(
            handle="vid-1",
            encoder="f00d",
            duration=12.0,
            segments=(
                TimelineSegment(
                    start=0.0,
                    end=3.95,
                    frame="vid-1@2s",
                    tags=(LabelScore(label="cat", score=0.56, present=True),),
                ),
                TimelineSegment(
                    start=3.95,
                    end=8.0,
                    frame="vid-1@6s",
                    tags=(
                        LabelScore(label="car", score=0.92, present=True),
                        LabelScore(label="dog", score=0.4, present=True),
                    ),
                    appears=("car", "dog"),
                    leaves=("cat",),
                    change=0.79,
                ),
                TimelineSegment(start=8.0, end=12.0, frame="vid-1@9s", tags=(), leaves=("car", "dog")),
            ),
            plot_path=Path("somewhere/timeline-vid-1.png"),
        ),
        "feature_map": FeatureMapEvidence.from_summary(
            summarise_map(similarity, size=(120, 60)),
            "img-1",
            encoder="f00d",
            query="cat",
            scores=(LabelScore(label="cat", score=0.012, present=False),),
            heatmap_path=Path("somewhere/heatmap-img-1-12345678.png"),
        ),
        "region": RegionEvidence(
            handle="img-1@40,60,72,84",
            encoder="f00d",
            notice=notice,
            box=(40, 60, 72, 84),
            share=0.0375,
            zoom=1.25,
            labels=(
                LabelScore(label="cat", score=0.934, present=True),
                LabelScore(label="dog", score=0.0213, present=False),
            ),
            colours=(ColourPart(name="orange", share=0.62), ColourPart(name="black", share=0.3)),
            crop_path=Path("somewhere/crop-img-1@40,60,72,84.png"),
        ),
        "region_none": RegionEvidence(
            handle="img-1",
            encoder="f00d",
            box=(0, 0, 640, 480),
            share=1.0,
            zoom=1.0,
            labels=(LabelScore(label="cat", score=0.02, present=False),),
            colours=(ColourPart(name="white", share=1.0),),
        ),
        "comparison": ComparisonEvidence(
            handle="img-1",
            encoder="f00d",
            other="img-2",
            similarity=0.7182,
            same=False,
            only_first=(TagContrast(label="cat", first=0.93, second=0.004),),
            only_second=(
                TagContrast(label="dog", first=0.02, second=0.88),
                TagContrast(label="ball", first=0.01, second=0.4),
            ),
            both=(TagContrast(label="tree", first=0.7, second=0.8),),
            places=(
                Difference(
                    handle="img-2@90,60,120,90", box=(90, 60, 120, 90), where="bottom right", strength=0.83
                ),
                Difference(handle="img-1@0,0,40,30", box=(0, 0, 40, 30), where="top left", strength=0.61),
            ),
            picture_path=Path("somewhere/compared-img-1-img-2.png"),
        ),
        "comparison_alike": ComparisonEvidence(
            handle="img-1",
            encoder="f00d",
            other="img-2",
            similarity=0.95,
            same=False,
            only_first=(),
            only_second=(),
            both=(),
            places=(),
        ),
        "comparison_same": ComparisonEvidence(
            handle="img-1",
            encoder="f00d",
            other="img-1",
            similarity=1.0,
            same=True,
            only_first=(),
            only_second=(),
            both=(),
            places=(),
        ),
    }
