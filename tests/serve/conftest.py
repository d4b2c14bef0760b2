"""A toolkit over a small SigLIP with random weights, and a server around it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fastmcp import FastMCP
from PIL import Image

from mm_agent.finetune.classifier import train_classifier
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.media import MediaPolicy, MediaStore
from mm_agent.serve.mcp_server import build_server
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo.domain import Flaws, draw_domain
from mm_agent_tools import SiglipToolkit
from tests.vision import builders


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small SigLIP, 12 x 12 patches."""
    folder = builders.siglip(tmp_path_factory.mktemp("serve") / "siglip", image=96, patch=8)
    builders.write_card(folder, vocabulary="stickers")
    return folder


@pytest.fixture(scope="session")
def encoder(checkpoint: Path) -> SiglipEncoder:
    return SiglipEncoder.from_pretrained(checkpoint, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def noise() -> Image.Image:
    """120 x 60 pixels of noise."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 120, 3), dtype=np.uint8))


@pytest.fixture(scope="session")
def domain_head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head that knows sitars from harmoniums, on the demo weights."""
    folder = tmp_path_factory.mktemp("domain")
    table = draw_domain(folder / "drawn", 400, side=64, flaws=Flaws(0, 0, 0, 0))
    return train_classifier(ClassifyRules(data=table, vision="demo"), folder / "run", device="cpu")


@pytest.fixture
def store(noise: Image.Image, tmp_path: Path) -> MediaStore:
    """``img-1`` is noise; clients may open files in ``tmp_path / "open"``."""
    (tmp_path / "open").mkdir()
    policy = MediaPolicy(roots=(tmp_path / "open",))
    store = MediaStore(resolve_policy=policy, artifact_dir=tmp_path / "artifacts")
    store.add(noise, name="noise.png")
    return store


@pytest.fixture
def toolkit(encoder: SiglipEncoder, store: MediaStore) -> SiglipToolkit:
    return SiglipToolkit(encoder=encoder, store=store)


@pytest.fixture
def server(toolkit: SiglipToolkit) -> FastMCP:
    return build_server(toolkit.get_tools(), toolkit.store)
