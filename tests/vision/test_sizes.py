"""A picture at three sizes: itself, closer, farther away."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mm_agent.vision.sizes import at_three_sizes


def test_closer_cuts_the_edge_and_farther_goes_on_with_it() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, :100], pixels[:, 100:] = (255, 0, 0), (0, 0, 255)
    same, closer, farther = at_three_sizes(Image.fromarray(pixels))
    assert same.size == (200, 100)
    assert closer.size == (184, 92)
    assert farther.size == (232, 116)
    assert farther.getpixel((0, 0)) == (255, 0, 0)
    assert farther.getpixel((231, 115)) == (0, 0, 255)


def test_a_picture_of_one_pixel_stays_one() -> None:
    assert [view.size for view in at_three_sizes(Image.new("RGB", (1, 1)))] == [(1, 1)] * 3
