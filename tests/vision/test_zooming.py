"""Small parts fill the encoder's view, in their own shape, and large ones are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mm_agent.vision import SiglipEncoder
from mm_agent.vision.zooming import MAX_ZOOM, zoomed


def test_a_small_part_is_enlarged_to_the_encoder_s_input(encoder: SiglipEncoder) -> None:
    view, zoom = zoomed(encoder, Image.new("RGB", (10, 5), "red"))  # the encoder's side is 64
    assert zoom == 4.0
    assert view.size == (64, 64)


def test_a_narrow_part_keeps_its_shape_on_its_border_s_colour(encoder: SiglipEncoder) -> None:
    part = Image.new("RGB", (90, 30), (10, 200, 30))
    part.paste((250, 0, 0), (40, 10, 50, 20))
    view, zoom = zoomed(encoder, part)
    assert zoom == 1.0
    assert view.width == view.height >= 90
    pixels = np.asarray(view)
    assert tuple(pixels[0, 0]) == (10, 200, 30)
    red = (pixels[..., 0] > 200).nonzero()
    assert np.ptp(red[0]) == np.ptp(red[1]) == 9  # still a square of 10 pixels
    assert abs((red[0].min() + red[0].max()) / 2 - view.height / 2) <= 1


def test_a_few_pixels_are_not_blown_up_without_end(encoder: SiglipEncoder) -> None:
    assert zoomed(encoder, Image.new("RGB", (1, 1)))[1] == MAX_ZOOM


@pytest.mark.parametrize("size", [(16, 8), (300, 100)])
def test_an_encoder_that_keeps_shapes_gets_no_border(
    naflex_encoder: SiglipEncoder, size: tuple[int, int]
) -> None:
    view, _ = zoomed(naflex_encoder, Image.new("RGB", size))
    assert view.width / view.height == pytest.approx(size[0] / size[1], rel=0.02)
