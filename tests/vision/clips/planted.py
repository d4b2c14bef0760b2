"""Clip features made by hand: scenes as axes of a small space."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mm_agent.vision.clips.features import ClipFeatures, small_picture


def planted_clip(scenes: Sequence[int], *, every: float = 0.5, noise: float = 0.05) -> ClipFeatures:
    """One frame every `every` seconds, each near the axis of its scene."""
    from PIL import Image

    wobble = torch.Generator().manual_seed(0)
    rows = torch.nn.functional.one_hot(torch.tensor(scenes), 8).float()
    rows = rows + noise * torch.randn(rows.shape, generator=wobble)
    thumb = small_picture(Image.new("RGB", (64, 36), "white"))
    times = [index * every for index in range(len(scenes))]
    return ClipFeatures.of(len(scenes) * every, times, list(rows.unbind()), [thumb] * len(scenes))
