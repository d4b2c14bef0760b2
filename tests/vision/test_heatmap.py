"""The heat map is warm where the thing is, upright, and a probability."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from mm_agent.errors import VisionError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.heatmap import text_heatmap, window_masks
from tests.vision.planted import planted

PICTURE = Image.new("RGB", (160, 120))


def test_it_is_warm_where_the_thing_is() -> None:
    hot = torch.zeros(6, 8, dtype=torch.bool)
    hot[0:2, 5:8] = True  # top right
    heat = text_heatmap(planted({}, hot=hot), PICTURE, "cat")
    assert heat.shape == (6, 8)
    assert heat[hot].mean() > 5 * heat[~hot].mean()
    row, col = divmod(int(heat.argmax()), 8)
    assert hot[row, col]
    assert 0 <= float(heat.min()) <= float(heat.max()) <= 1


def test_windows_are_every_place_once() -> None:
    masks = window_masks(3, 4, 2)
    assert masks.shape == (6, 3, 4)
    assert (masks.flatten(1).sum(1) == 4).all()
    assert len({tuple(mask.flatten().tolist()) for mask in masks}) == 6
    assert window_masks(2, 5, 3).shape == (3, 2, 5)  # a window never exceeds the grid


def test_a_real_encoder_gives_its_own_grid(
    encoder: SiglipEncoder, naflex_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    assert text_heatmap(encoder, pictures[0], "a cat").shape == (4, 4)
    assert text_heatmap(naflex_encoder, pictures[0], "a cat").shape == naflex_encoder.grid_for(pictures[0])


def test_clip_says_why_it_cannot(clip_encoder: SiglipEncoder, pictures: list[Image.Image]) -> None:
    with pytest.raises(VisionError, match="load a SigLIP checkpoint"):
        text_heatmap(clip_encoder, pictures[0], "a cat")
