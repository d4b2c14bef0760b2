"""Pictures, blocks that hold them, and a tiny language model that sees through an untrained projector."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from langchain_core.messages import HumanMessage
from PIL import Image

from mm_agent.local import LocalChatModel
from mm_agent.projection.soft import Projector, ProjectorConfig, language_model_fingerprint, make_projector
from mm_agent.vision import SiglipEncoder
from tests.local import tiny

Content = list[str | dict[str, Any]]


def projector_for(looks: SiglipEncoder, checkpoint: str, **config: Any) -> Projector:
    """Sixteen soft tokens a picture, four a frame; the same numbers every time."""
    values = {
        "kind": "pixel_shuffle",
        "vision_width": looks.hidden_size,
        "text_width": 64,
        "grid": looks.grid,
        "frame_tokens": 4,
        "encoder": looks.fingerprint,
        "language_model": language_model_fingerprint(checkpoint),
    }
    with torch.random.fork_rng():
        torch.manual_seed(11)
        return make_projector(ProjectorConfig(**{**values, **config})).eval()


def noise(seed: int, side: int = 48) -> Image.Image:
    """A picture like no other."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8))


def encoded(picture: Image.Image) -> str:
    """A picture as base64 of a PNG."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def block(picture: Image.Image) -> dict[str, Any]:
    """A picture as LangChain's image block."""
    return {"type": "image", "base64": encoded(picture), "mime_type": "image/png"}


def asking(text: str, *seeds: int) -> HumanMessage:
    """A question behind pictures of noise."""
    content: Content = [block(noise(seed)) for seed in seeds]
    return HumanMessage([*content, {"type": "text", "text": text}])


def film(path: Path) -> Path:
    """A clip of two seconds: black, then white."""
    from mm_agent.vision.demo.clips import write_video

    frames = [np.full((48, 48, 3), 0 if index < 10 else 255, dtype=np.uint8) for index in range(20)]
    write_video(path, frames, 10)
    return path


def seeing_model(folder: Path, **options: Any) -> LocalChatModel:
    """A tiny language model of random weights that sees through the demo encoder.

    Args:
        folder: Where its checkpoint (``qwen``) and its projector (``projector``) are written.
        options: More of ``LocalChatModel``'s fields.
    """
    encoder = SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")
    checkpoint = tiny.make_model(folder / "qwen")
    limits = Path(checkpoint) / "generation_config.json"  # noise never ends by itself
    limits.write_text(json.dumps({**json.loads(limits.read_text()), "max_new_tokens": 16}))
    projector_for(encoder, checkpoint).save_pretrained(folder / "projector")
    return LocalChatModel(
        model=checkpoint, device="cpu", dtype="float32", max_tokens=16,
        projector=folder / "projector", encoder=encoder, **options,
    )  # fmt: skip
