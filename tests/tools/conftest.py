"""A real SigLIP with random weights, a store with two pictures, and the tools over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from langchain_core.tools import BaseTool
from PIL import Image

from mm_agent.media import MediaPolicy, MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit
from tests.vision import builders

NOTICE = {"en": "random weights, for tests.", "zh": "随机权重，仅供测试。"}


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> SiglipEncoder:
    """A small SigLIP, 12 x 12 patches, with a notice on its card."""
    folder = builders.siglip(tmp_path_factory.mktemp("tools") / "siglip", image=96, patch=8)
    builders.write_card(folder, notice=NOTICE, vocabulary="stickers")
    return SiglipEncoder.from_pretrained(folder, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def corner() -> Image.Image:
    """White, 120 x 60 pixels, with a checkered square in the top right corner."""
    pixels = np.full((60, 120, 3), 255, dtype=np.uint8)
    checks = np.indices((20, 30)).sum(axis=0) % 2 * 255
    pixels[:20, 90:] = checks[..., None]
    return Image.fromarray(pixels)


@pytest.fixture
def store(corner: Image.Image, tmp_path: Path) -> MediaStore:
    """``img-1`` has its content top right, ``img-2`` bottom right; files in ``tmp_path`` may be read."""
    store = MediaStore(MediaPolicy(roots=(tmp_path,), urls=False), artifact_dir=tmp_path / "artifacts")
    store.add(corner, name="corner.png")
    store.add(corner.transpose(Image.Transpose.FLIP_TOP_BOTTOM), name="flipped.png")
    return store


@pytest.fixture
def tools(encoder: SiglipEncoder, store: MediaStore) -> dict[str, BaseTool]:
    """The toolkit's tools by name, in English."""
    return {tool.name: tool for tool in SiglipToolkit(encoder=encoder, store=store).get_tools()}
