"""Checkpoints and encoders the vision tests share; each is built once a session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mm_agent.vision import SiglipEncoder
from tests.vision import builders


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder for the session's checkpoints."""
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="session")
def siglip_dir(checkpoints: Path) -> Path:
    """A small SigLIP 1: 64 pixels, 4 × 4 patches; with the short vocabulary, whose texts take little time."""
    folder = builders.siglip(checkpoints / "siglip")
    builders.write_card(folder, vocabulary="stickers")
    return folder


@pytest.fixture(scope="session")
def siglip2_dir(checkpoints: Path) -> Path:
    """A small fixed-size SigLIP 2."""
    return builders.siglip(checkpoints / "siglip2", gemma=True)


@pytest.fixture(scope="session")
def naflex_dir(checkpoints: Path) -> Path:
    """A small SigLIP 2 NaFlex."""
    return builders.naflex(checkpoints / "naflex")


@pytest.fixture(scope="session")
def photo_dir(checkpoints: Path) -> Path:
    """A small photo encoder on the real tower: 96 pixels, 3 × 3 tokens, one block."""
    return builders.photo(checkpoints / "photo")


@pytest.fixture(scope="session")
def clip_dir(checkpoints: Path) -> Path:
    """A small CLIP."""
    return builders.clip(checkpoints / "clip")


@pytest.fixture(scope="session")
def encoder(siglip_dir: Path) -> SiglipEncoder:
    """The small SigLIP 1 in float32 on the CPU."""
    return SiglipEncoder.from_pretrained(siglip_dir, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def naflex_encoder(naflex_dir: Path) -> SiglipEncoder:
    """The small NaFlex in float32 on the CPU."""
    return SiglipEncoder.from_pretrained(naflex_dir, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def photo_encoder(photo_dir: Path) -> SiglipEncoder:
    """The small photo encoder on the CPU."""
    return SiglipEncoder.from_pretrained(photo_dir, device="cpu")


@pytest.fixture(scope="session")
def clip_encoder(clip_dir: Path) -> SiglipEncoder:
    """The small CLIP in float32 on the CPU."""
    return SiglipEncoder.from_pretrained(clip_dir, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def pictures() -> list[Image.Image]:
    """Three noisy pictures of different shapes."""
    noise = np.random.default_rng(0)
    sizes = [(80, 120), (200, 100), (64, 64)]
    return [Image.fromarray(noise.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in sizes]
