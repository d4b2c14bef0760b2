from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mm_agent.projection.demo import pool
from mm_agent.projection.soft import ProjectorConfig
from mm_agent.vision.encoder import SiglipEncoder

CONFIG = ProjectorConfig(
    kind="resampler", vision_width=192, text_width=16, grid=(8, 8), select="patches_and_pooled", queries=3
)


@pytest.fixture(scope="module")
def encoder() -> SiglipEncoder:
    return SiglipEncoder.from_pretrained("demo", device="cpu")


def test_a_pool_is_looked_at_once(
    encoder: SiglipEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SHARD", 5)
    first = pool.make_pool(encoder, CONFIG, 12, 3, tmp_path)
    assert len(first.scenes) == 12
    assert first.features.shape == (12, 65, 192)
    assert len(list(tmp_path.iterdir())) == 3
    monkeypatch.setattr(pool, "_look", None)  # called, it would fail
    again = pool.make_pool(encoder, CONFIG, 12, 3, tmp_path)
    assert again.scenes == first.scenes
    assert torch.equal(again.features, first.features)


def test_what_is_taken_belongs_together(encoder: SiglipEncoder, tmp_path: Path) -> None:
    made = pool.make_pool(encoder, CONFIG, 6, 4, tmp_path)
    scenes, features = made.take(20, np.random.default_rng(0))
    for scene, one in zip(scenes, features, strict=True):
        assert torch.equal(one, made.features[made.scenes.index(scene)].float())
    other, _ = made.take(20, np.random.default_rng(1))
    assert other != scenes


def test_another_seed_gives_other_scenes(encoder: SiglipEncoder, tmp_path: Path) -> None:
    assert not set(pool.make_pool(encoder, CONFIG, 5, 1, tmp_path).scenes) & set(
        pool.make_pool(encoder, CONFIG, 5, 2, tmp_path).scenes
    )
