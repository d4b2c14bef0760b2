import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mm_agent.errors import MediaDecodeError
from mm_agent.media.colour import to_rgb
from mm_agent.media.decode import decode_image
from mm_agent.media.picture import to_picture
from mm_agent.media.policy import MediaPolicy
from tests.media.cmyk_profile import cmyk_profile
from tests.media.pictures import BLUE, GREEN, RED, WHITE, encoded, pixel, png_chunk, quarters, same_pixels

WHITE_NOTE = ("transparency shown on white",)


def pixels(image: Image.Image) -> list:
    return np.asarray(image).reshape(-1, 3).tolist()


def test_palette():
    picture = decode_image(encoded(quarters().quantize(4)))
    assert picture.original_mode == "P"
    assert same_pixels(picture.image, quarters())


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_with_one_clear_colour(kind: str):
    image = Image.new("P", (3, 1))
    image.putpalette([*RED, *GREEN, *BLUE])
    image.putdata([0, 1, 2])
    picture = decode_image(encoded(image, kind, transparency=1))
    assert pixels(picture.image) == [list(RED), list(WHITE), list(BLUE)]
    assert picture.notes == WHITE_NOTE


def test_palette_with_graded_transparency():
    image = Image.new("P", (3, 1))
    image.putpalette([*RED, *RED, *RED])
    image.putdata([0, 1, 2])
    picture = decode_image(encoded(image, "PNG", transparency=bytes([255, 128, 0])))
    assert pixels(picture.image) == [[255, 0, 0], [255, 127, 127], [255, 255, 255]]
    assert picture.notes == WHITE_NOTE


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_alpha_is_laid_on_white(kind: str):
    image = Image.new("RGBA", (3, 1))
    image.putdata([(0, 0, 255, 255), (0, 0, 255, 51), (9, 9, 9, 0)])
    picture = decode_image(encoded(image, kind))
    assert pixels(picture.image) == [[0, 0, 255], [204, 204, 255], [255, 255, 255]]
    assert picture.notes == WHITE_NOTE


def test_opaque_alpha_is_not_worth_a_note():
    assert decode_image(encoded(quarters().convert("RGBA"))).notes == ()


def test_a_fully_transparent_picture_says_so():
    picture = decode_image(encoded(Image.new("RGBA", (2, 2), (255, 0, 0, 0))))
    assert picture.notes == ("fully transparent: all white",)


def test_grey_with_alpha():
    image = Image.new("LA", (2, 1))
    image.putdata([(0, 255), (0, 51)])
    picture = decode_image(encoded(image))
    assert pixels(picture.image) == [[0, 0, 0], [204, 204, 204]]
    assert picture.original_mode == "LA"


def test_premultiplied_alpha():
    image = Image.new("RGBA", (1, 1), (0, 0, 255, 51)).convert("RGBa")
    assert pixels(to_picture(image, MediaPolicy()).image) == [[204, 204, 255]]


@pytest.mark.parametrize(("mode", "clear", "white_at"), [("RGB", GREEN, 1), ("L", 7, 1), ("1", 1, 1)])
def test_one_clear_value_without_a_palette(mode: str, clear, white_at: int):
    image = Image.new(mode, (2, 1))
    image.putpixel((white_at, 0), clear)
    picture = decode_image(encoded(image, transparency=clear))
    assert pixels(picture.image) == [[0, 0, 0], [255, 255, 255]]


def test_greyscale_and_one_bit():
    grey = Image.fromarray(np.array([[0, 100, 255]], np.uint8))
    assert pixels(decode_image(encoded(grey)).image) == [[0] * 3, [100] * 3, [255] * 3]
    bits = grey.convert("1", dither=Image.Dither.NONE)
    for kind in ("PNG", "TIFF", "PPM"):
        picture = decode_image(encoded(bits, kind))
        assert picture.original_mode == "1"
        assert pixels(picture.image) == [[0] * 3, [0] * 3, [255] * 3]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind: str):
    deep = Image.fromarray(np.array([[0, 257, 32896, 65535]], np.uint16))
    picture = decode_image(encoded(deep, kind))
    assert pixels(picture.image) == [[0] * 3, [1] * 3, [128] * 3, [255] * 3]
    assert picture.notes == ()


def test_a_dark_sixteen_bit_picture_stays_dark():
    deep = Image.fromarray(np.array([[0, 200]], np.uint16))
    for kind in ("PNG", "TIFF", "PPM"):
        assert pixels(decode_image(encoded(deep, kind)).image) == [[0] * 3, [1] * 3]


def test_sixteen_bit_colour_png():
    body = b"\0" + np.array([65535, 0, 32896], ">u2").tobytes()
    data = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0))
    data += png_chunk(b"IDAT", zlib.compress(body)) + png_chunk(b"IEND", b"")
    assert pixels(decode_image(data).image) == [[255, 0, 128]]


def test_sixteen_bit_grey_with_a_clear_value():
    deep = Image.fromarray(np.array([[0, 5000]], np.uint16))
    assert pixels(decode_image(encoded(deep, transparency=5000)).image) == [[0] * 3, [255] * 3]


@pytest.mark.parametrize(
    ("values", "grey", "noted"),
    [
        (np.array([[0, 128, 255]], np.int32), [0, 128, 255], False),
        (np.array([[0, 32896, 65535]], np.int32), [0, 128, 255], False),
        (np.array([[-100, 0, 100]], np.int32), [0, 128, 255], True),
        (np.array([[0, 500_000, 1_000_000]], np.int32), [0, 128, 255], True),
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255], False),
        (np.array([[-1.0, 0.0, 1.0]], np.float32), [0, 128, 255], True),
        (np.array([[0.0, np.nan, 1.0]], np.float32), [0, 0, 255], False),
        (np.array([[0.0, np.inf, 0.5]], np.float32), [0, 255, 128], False),
        (np.array([[7.0, 7.0, 7.0]], np.float32), [0, 0, 0], True),
    ],
)
def test_thirty_two_bit_values(values: np.ndarray, grey: list[int], noted: bool):
    picture = decode_image(encoded(Image.fromarray(values), "TIFF"))
    assert np.asarray(picture.image)[0, :, 0].tolist() == grey
    assert bool(picture.notes) == noted
    if noted:
        assert "stretched" in picture.notes[0]


def test_floats_without_a_number_are_refused():
    with pytest.raises(MediaDecodeError, match="no finite value"):
        decode_image(encoded(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"))


def inks(*values: tuple[int, int, int, int]) -> Image.Image:
    image = Image.new("CMYK", (8 * len(values), 8))
    for number, value in enumerate(values):
        image.paste(value, (8 * number, 0, 8 * number + 8, 8))
    return image


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile(kind: str):
    image = inks((0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 255, 0), (0, 0, 0, 255))
    picture = decode_image(encoded(image, kind))
    assert picture.original_mode == "CMYK"
    assert "approximate" in picture.notes[0]
    middles = [pixel(picture.image, 8 * number + 4, 4) for number in range(4)]
    expected = [(255, 255, 255), (0, 255, 255), (255, 0, 0), (0, 0, 0)]
    assert np.abs(np.subtract(middles, expected)).max() < 12


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_through_its_profile(kind: str):
    image = inks((0, 0, 0, 0), (255, 0, 0, 0), (255, 255, 255, 255))
    picture = decode_image(encoded(image, kind, icc_profile=cmyk_profile()))
    assert picture.notes == ()
    paper, cyan, black = (pixel(picture.image, 8 * number + 4, 4) for number in range(3))
    assert min(paper) > 245
    assert max(black) < 12
    # L* 75 as sRGB is about 185, grey: plain arithmetic would give cyan, (0, 255, 255).
    assert np.abs(np.subtract(cyan, (185, 185, 185))).max() < 8


@pytest.mark.parametrize("profile", [b"garbage", cmyk_profile()[:200], b"\0" * 16 + b"CMYK" + b"\0" * 200])
def test_a_damaged_profile_does_not_cost_the_picture(profile: bytes):
    picture = decode_image(encoded(inks((0, 0, 0, 0)), "TIFF", icc_profile=profile))
    assert pixel(picture.image, 4, 4) == WHITE
    assert "approximate" in picture.notes[0]


def test_lab():
    image = Image.merge("LAB", [Image.new("L", (1, 1), value) for value in (255, 128, 128)])
    assert min(pixels(to_picture(image, MediaPolicy()).image)[0]) >= 253


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "RGBX"])
def test_other_ways_to_say_rgb(mode: str):
    image = quarters().convert(mode)
    converted, notes = to_rgb(image)
    assert np.abs(np.asarray(converted).astype(int) - np.asarray(quarters())).max() <= 2
    assert notes == ()
