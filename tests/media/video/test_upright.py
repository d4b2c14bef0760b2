from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mm_agent.media.video import open_video
from tests.media.pictures import pixel
from tests.media.video.films import BLUE, HEIGHT, RED, WIDTH, Coding, film, steady


def near(found: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.subtract(found, wanted)).max() < 12)


def first(path: Path, size: int | None = None) -> Image.Image:
    return next(open_video(path).walk(size=size)).image


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize(
    ("clockwise", "red"),
    [(0, (20, 3)), (90, (HEIGHT - 4, 20)), (180, (20, HEIGHT - 4)), (270, (3, 20))],
)
def test_a_turned_film_stands_upright(tmp_path: Path, ending: str, clockwise: int, red: tuple[int, int]):
    path = film(tmp_path, steady(3), Coding(ending=ending), clockwise=clockwise)
    info, picture = open_video(path).info, first(path)
    assert info.rotation == clockwise
    assert (info.width, info.height) == picture.size
    assert picture.size == ((WIDTH, HEIGHT) if clockwise % 180 == 0 else (HEIGHT, WIDTH))
    assert near(pixel(picture, *red), RED)
    opposite = picture.width - 1 - red[0], picture.height - 1 - red[1]
    assert near(pixel(picture, *opposite), BLUE)


def test_wide_pixels_are_made_square(tmp_path: Path):
    path = film(tmp_path, steady(3), pixel_ratio=Fraction(3, 2), clockwise=90)
    assert first(path).size == (HEIGHT, WIDTH * 3 // 2)
    assert first(film(tmp_path, steady(3), pixel_ratio=Fraction(100, 1))).size == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("size", "expected"), [(64, (64, 24)), (128, (128, 48)), (9999, (128, 48)), (1, (1, 1))]
)
def test_smaller_pictures(tmp_path: Path, size: int, expected: tuple[int, int]):
    picture = first(film(tmp_path, steady(3)), size)
    assert picture.size == expected
    assert picture.mode == "RGB"


def test_smaller_pictures_show_the_same(tmp_path: Path):
    path = film(tmp_path, steady(3))
    whole = first(path).resize((64, 24), Image.Resampling.BOX)
    assert np.abs(np.subtract(np.asarray(first(path, 64), int), np.asarray(whole, int))).mean() < 4
