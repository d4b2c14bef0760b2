"""Places are boxes in the picture's pixels, best first, and none when there is nothing."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from mm_agent.errors import VisionError
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.locating import locate
from tests.vision.planted import planted

PICTURE = Image.new("RGB", (160, 120))  # 20 pixels a patch on a 6 × 8 grid


def _hot(*boxes: tuple[int, int, int, int]) -> torch.Tensor:
    hot = torch.zeros(6, 8, dtype=torch.bool)
    for top, bottom, left, right in boxes:
        hot[top:bottom, left:right] = True
    return hot


def test_one_thing_is_one_box_around_it() -> None:
    (place,) = locate(planted({}, hot=_hot((0, 2, 5, 8))), PICTURE, "cat")
    box = place.box
    assert (box.left, box.top, box.right, box.bottom) == (100, 0, 160, 40)
    assert place.score > 0.9
    assert 100 <= place.peak[0] < 160
    assert 0 <= place.peak[1] < 40


def test_two_things_apart_are_two_places() -> None:
    places = locate(planted({}, hot=_hot((0, 2, 0, 2), (4, 6, 6, 8))), PICTURE, "cat")
    assert len(places) == 2
    assert {place.box.left < 80 for place in places} == {True, False}
    assert places[0].score >= places[1].score
    assert len(locate(planted({}, hot=_hot((0, 2, 0, 2), (4, 6, 6, 8))), PICTURE, "cat", max_places=1)) == 1


def test_nothing_there_is_nowhere() -> None:
    assert locate(planted({}), PICTURE, "cat") == []


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(VisionError, match="cut lies in"):
        locate(planted({}), PICTURE, "cat", cut=1.5)
    with pytest.raises(VisionError, match="cannot locate ' '"):
        locate(planted({}), PICTURE, " ")


def test_copies_that_touch_are_places_of_their_own() -> None:
    encoder = SiglipEncoder.from_pretrained("demo", dtype="float32")
    apples = Image.open("examples/three-apples.png").convert("RGB")
    assert len(locate(encoder, apples, "apple")) == 3
