import numpy as np
import pytest

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.arrays import picture_from_array
from mm_agent.media.policy import MediaPolicy
from tests.media.pictures import quarters, same_pixels

PIXELS = np.asarray(quarters())


def read(array: np.ndarray) -> np.ndarray:
    return np.asarray(picture_from_array(array, MediaPolicy()).image)


@pytest.mark.parametrize(
    "array",
    [
        PIXELS,
        np.asfortranarray(PIXELS),
        PIXELS[::-1][::-1],
        PIXELS.astype(np.float32) / 255,
        PIXELS.astype(np.float64) / 255,
        PIXELS.astype(np.float16) / 255,
        PIXELS.astype(np.uint16) * 257,
        PIXELS.astype(">u2") * 257,
        PIXELS > 127,
        np.dstack([PIXELS, np.full(PIXELS.shape[:2], 255, np.uint8)]),
    ],
    ids=["uint8", "fortran", "strided", "f32", "f64", "f16", "u16", "big-endian", "bool", "rgba"],
)
def test_every_type_gives_the_same_picture(array: np.ndarray):
    assert same_pixels(picture_from_array(array, MediaPolicy()).image, quarters())


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1)])
def test_greyscale(shape: tuple[int, ...]):
    grey = np.arange(6, dtype=np.uint8).reshape(shape) * 50
    assert read(grey)[..., 2].tolist() == grey.reshape(2, 3).tolist()


def test_alpha_is_laid_on_white():
    assert read(np.array([[[0, 0, 255, 51]]], np.uint8)).tolist() == [[[204, 204, 255]]]


def test_rounding_and_a_little_overshoot():
    assert read(np.array([[0.5, -0.0005, 1.0005]]))[0, :, 0].tolist() == [128, 0, 255]


def test_what_it_was_is_kept():
    picture = picture_from_array(PIXELS / 255, MediaPolicy())
    assert (picture.format, picture.original_mode) == ("array", "float64 RGB")


def test_the_picture_does_not_share_the_array():
    array = PIXELS.copy()
    picture = picture_from_array(array, MediaPolicy())
    array[:] = 0
    assert same_pixels(picture.image, quarters())


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 8, 6), np.uint8), r"\(3, 8, 6\).*transpose\(1, 2, 0\)"),
        (np.zeros((1, 8, 6, 3), np.uint8), r"one picture at a time, array\[0\]"),
        (np.zeros((8, 6, 2), np.uint8), r"use \(H, W\)"),
        (np.zeros(8, np.uint8), r"\(8,\)"),
        (np.zeros((), np.uint8), "not a picture"),
        (np.zeros((0, 6, 3), np.uint8), "no pixels"),
        (np.zeros((8, 0), np.float32), "no pixels"),
        (np.zeros((8, 6), np.int64), "int64.*uint8"),
        (np.zeros((8, 6), np.complex64), "complex64"),
        (np.full((8, 6), "x", object), "object"),
        (np.full((8, 6), 200.0), "got 200..200; divide by 255"),
        (np.full((8, 6), -0.5), "bring the values into 0..1"),
        (np.full((8, 6), 1e6), "bring the values into 0..1"),
        (np.array([[0.5, np.nan]]), "nan"),
        (np.array([[0.5, np.inf]]), "inf"),
    ],
)
def test_wrong_arrays_say_what_to_do(array: np.ndarray, words: str):
    with pytest.raises(MediaDecodeError, match=words):
        picture_from_array(array, MediaPolicy())


def test_the_pixel_limit_comes_before_conversion():
    large = np.broadcast_to(np.float32(0.5), (10_000, 10_000, 3))  # takes no memory until it is converted
    with pytest.raises(MediaRefused, match="10000x10000"):
        picture_from_array(large, MediaPolicy())
