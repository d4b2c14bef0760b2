"""Small pictures of media for logs and reports, as data URIs."""

from __future__ import annotations

import base64
import io

from PIL import Image

from mm_agent.media.item import MediaItem
from mm_agent.media.store import MediaStore
from mm_agent.vision.clips.sheet import contact_sheet

SIDE = 160
"""Pixels of the longer side; of each of a video's frames, half of it."""
FRAMES = 4


def thumbnail(store: MediaStore, item: MediaItem) -> str:
    """A picture, or four frames of a video, as a small JPEG."""
    picture = _frames(store, item) if item.kind == "video" else store.image(item.handle)
    small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE) if item.kind == "image" else (2 * SIDE, 2 * SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _frames(store: MediaStore, item: MediaItem) -> Image.Image:
    length = item.duration or 0.0
    times = [length * (2 * index + 1) / (2 * FRAMES) for index in range(FRAMES)]
    frames = list(store.video(item.handle).at(times, size=SIDE // 2))
    return contact_sheet([frame.image for frame in frames], [f"{frame.seconds:.1f} s" for frame in frames])
