"""Differences are what has no match in the other picture, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from mm_agent.vision import SiglipEncoder
from mm_agent.vision.comparing import compare
from mm_agent.vision.difference_picture import draw_differences
from mm_agent.vision.differences import STANDS_OUT, difference_maps, differences


@pytest.fixture(scope="module")
def demo() -> SiglipEncoder:
    """The shipped weights."""
    return SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")


@pytest.fixture
def airplane(root: Path) -> Image.Image:
    """An airplane top left on pink."""
    with Image.open(root / "examples" / "airplane-top-left.png") as picture:
        return picture.convert("RGB")


def test_a_picture_has_no_differences_with_itself(demo: SiglipEncoder, airplane: Image.Image) -> None:
    for heat in difference_maps(demo, airplane, airplane):
        assert heat.shape == (8, 8)
        assert float(heat.max()) < 1e-5


def test_a_thing_that_only_moved_is_none(demo: SiglipEncoder, airplane: Image.Image) -> None:
    mirrored = airplane.transpose(Image.Transpose.ROTATE_180).transpose(Image.Transpose.ROTATE_180)
    moved = Image.new("RGB", airplane.size, airplane.getpixel((440, 440)))
    moved.paste(airplane.crop((0, 0, 224, 224)), (200, 200))
    assert max(float(heat.max()) for heat in difference_maps(demo, airplane, mirrored)) < 1e-5
    there, _ = difference_maps(demo, airplane, moved)
    gone, _ = difference_maps(demo, airplane, Image.new("RGB", airplane.size, airplane.getpixel((440, 440))))
    assert float(there[:4, :4].max()) < STANDS_OUT < float(gone[:4, :4].max())


def test_two_blank_pictures_do_not_differ(demo: SiglipEncoder) -> None:
    one, two = (Image.new("RGB", (64, 64), (level, level, level)) for level in (140, 142))
    assert max(float(heat.max()) for heat in difference_maps(demo, one, two)) < STANDS_OUT


def test_each_map_has_its_picture_s_own_grid(
    naflex_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    for heat, picture in zip(difference_maps(naflex_encoder, *pictures[:2]), pictures, strict=False):
        assert heat.shape == naflex_encoder.grid_for(picture)
        assert bool(heat.isfinite().all())


def test_places_are_joined_and_ranked() -> None:
    heat = torch.zeros(4, 8)
    heat[0, :2] = 0.6
    heat[3, 7] = 0.9
    heat[3, 0] = STANDS_OUT - 0.01
    first, second = differences(heat, (80, 40))
    assert (first.box.corners, first.strength) == ((70, 30, 80, 40), pytest.approx(0.9))
    assert second.box.corners == (0, 0, 20, 10)
    assert len(differences(heat, (80, 40), most=1)) == 1


def test_tags_of_one_picture_only(demo: SiglipEncoder, airplane: Image.Image, root: Path) -> None:
    with Image.open(root / "examples" / "three-apples.png") as picture:
        apples = picture.convert("RGB")
    found = compare(demo, airplane, apples)
    assert found.only_first[0].label == "airplane"
    assert found.only_second[0].label == "apple"
    assert found.only_first[0].first > 2 * found.only_first[0].second
    assert found.similarity == pytest.approx(compare(demo, apples, airplane).similarity, abs=1e-5)
    assert compare(demo, airplane, apples, language="zh").only_second[0].label == "苹果"
    same = compare(demo, apples, apples)
    assert (same.only_first, same.only_second) == ((), ())
    assert same.both[0].label == "apple"


def test_the_drawing_shows_both_at_one_height(demo: SiglipEncoder, airplane: Image.Image) -> None:
    small = airplane.resize((200, 100))
    drawn = draw_differences(airplane, small, difference_maps(demo, airplane, small), ("one", "two"))
    assert drawn.width > airplane.width * 2
    assert drawn.height > airplane.height
