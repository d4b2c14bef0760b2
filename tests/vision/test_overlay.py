"""Drawings keep the picture, show warmth where it is and carry a scale."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from mm_agent.errors import ShapeError
from mm_agent.vision.overlay import draw_boxes, draw_heatmap

PICTURE = Image.new("RGB", (160, 120), (90, 90, 90))


def test_warm_places_are_brighter_and_the_legend_lies_below() -> None:
    heat = torch.zeros(4, 4)
    heat[0, 3] = 0.8
    drawn = draw_heatmap(PICTURE, heat)
    assert drawn.width == 160
    assert drawn.height > 120
    pixels = np.asarray(drawn, dtype=np.float32)
    assert pixels[:20, 140:160].mean() > pixels[90:110, 10:40].mean() + 40
    assert pixels[121:, :2].mean() > 240  # paper
    assert PICTURE.getpixel((150, 10)) == (90, 90, 90)


def test_a_flat_map_is_drawn_too() -> None:
    assert draw_heatmap(PICTURE, torch.full((3, 3), 0.2)).width == 160


@pytest.mark.parametrize("heat", [torch.zeros(3), torch.tensor([[float("nan")]])])
def test_no_grid_no_drawing(heat: torch.Tensor) -> None:
    with pytest.raises(ShapeError, match=r"finite \(rows, cols\)"):
        draw_heatmap(PICTURE, heat)


def test_boxes_frame_what_they_name() -> None:
    box: Any = SimpleNamespace(left=20, top=60, right=80, bottom=110)
    drawn = draw_boxes(PICTURE, [box], ["cat 0.9"])
    assert drawn.size == PICTURE.size
    assert drawn.getpixel((20, 109)) == (249, 142, 9)
    assert drawn.getpixel((120, 30)) == (90, 90, 90)
    assert drawn.getpixel((50, 95)) == (90, 90, 90)
    with pytest.raises(ShapeError, match="1 boxes but 0 captions"):
        draw_boxes(PICTURE, [box], [])
