"""Small encoders and a projector for them; each encoder is built once a session."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mm_agent.projection.soft import Projector, ProjectorConfig, make_projector
from mm_agent.vision import SiglipEncoder
from tests.vision import builders


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> SiglipEncoder:
    """A small SigLIP: 4 x 4 patches, two blocks."""
    folder = builders.siglip(tmp_path_factory.mktemp("siglip") / "siglip")
    return SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def naflex(tmp_path_factory: pytest.TempPathFactory) -> SiglipEncoder:
    """A small NaFlex."""
    folder = builders.naflex(tmp_path_factory.mktemp("naflex") / "naflex")
    return SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> SiglipEncoder:
    """A small CLIP."""
    folder = builders.clip(tmp_path_factory.mktemp("clip") / "clip")
    return SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32")


@pytest.fixture
def pictures() -> list[Image.Image]:
    """Three noisy pictures of different shapes."""
    noise = np.random.default_rng(0)
    return [
        Image.fromarray(noise.integers(0, 256, (*size, 3), dtype=np.uint8))
        for size in ((8, 9), (70, 40), (64, 64))
    ]


@pytest.fixture
def projector(encoder: SiglipEncoder) -> Projector:
    """An untrained projector for the small SigLIP and a language model called ``words``."""
    config = ProjectorConfig(
        kind="pixel_shuffle", vision_width=encoder.hidden_size, text_width=24, grid=encoder.grid,
        encoder=encoder.fingerprint, encoder_name="small", language_model="words", frame_tokens=1,
    )  # fmt: skip
    return make_projector(config)
