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
from mm_agent.projection.evidence import FeatureStats, FoundRegion, TextScore
from mm_agent.projection.maps import summarise_map


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
        "feature_map": FeatureMapEvidence.from_summary(
            summarise_map(similarity, size=(120, 60)),
            "img-1",
            encoder="f00d",
            query="cat",
            scores=(LabelScore(label="cat", score=0.012, present=False),),
            heatmap_path=Path("somewhere/heatmap-img-1-12345678.png"),
        ),
    }
