import numpy as np
import pytest
from PIL import Image

from mm_agent.media.decode import decode_image
from mm_agent.media.picture import to_picture
from mm_agent.media.policy import MediaPolicy
from tests.media.pictures import encoded, pixel, quarters, same_pixels

# How each orientation stores an upright picture, as numpy turns it (EXIF: where row 0 and column 0 lie).
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


def stored(orientation: int, kind: str) -> bytes:
    """A file that holds `quarters` turned, and says how."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = np.ascontiguousarray(STORED[orientation](np.asarray(quarters(16, 12))))
    options = {"lossless": True} if kind == "WEBP" else {}
    return encoded(Image.fromarray(turned), kind, exif=exif, **options)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_every_orientation_stands_upright(orientation: int, kind: str):
    assert same_pixels(decode_image(stored(orientation, kind)).image, quarters(16, 12))


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "AVIF"])
def test_every_orientation_stands_upright_in_lossy_formats(orientation: int, kind: str):
    image = decode_image(stored(orientation, kind)).image
    assert image.size == (16, 12)
    assert np.argmax(pixel(image, 2, 2)) == 0  # red
    assert np.argmax(pixel(image, 13, 2)) == 1  # green
    assert np.argmax(pixel(image, 2, 9)) == 2  # blue


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_senseless_orientation_is_upright(orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert same_pixels(decode_image(encoded(quarters(), exif=exif)).image, quarters())


def test_a_pillow_picture_is_turned_too_and_left_as_it_was(tmp_path):
    (tmp_path / "turned.png").write_bytes(stored(6, "PNG"))
    with Image.open(tmp_path / "turned.png") as opened:
        assert same_pixels(to_picture(opened, MediaPolicy()).image, quarters(16, 12))
        assert opened.size == (12, 16)
        assert opened.getexif()[0x0112] == 6


def test_greyscale_and_deep_pictures_are_turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.array([[0, 0], [0, 0], [65535, 65535]], np.uint16))
    image = decode_image(encoded(deep, exif=exif)).image
    assert np.asarray(image)[..., 0].tolist() == [[255, 0, 0], [255, 0, 0]]
