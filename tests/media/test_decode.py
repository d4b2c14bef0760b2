import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media import decode
from mm_agent.media.decode import FORMATS, decode_image
from mm_agent.media.policy import MediaPolicy
from tests.media.pictures import encoded, huge_png, pixel, png_chunk, quarters, same_pixels

VIDEO = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(100)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "GIF"])
def test_lossless_formats_keep_every_pixel(kind: str):
    picture = decode_image(encoded(quarters(), kind))
    assert same_pixels(picture.image, quarters())
    assert picture.format == kind
    assert picture.notes == ()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_lossy_formats_keep_the_colours(kind: str):
    picture = decode_image(encoded(quarters(64, 48), kind, quality=95))
    assert (picture.format, picture.original_mode) == (kind, "RGB")
    corners = [pixel(picture.image, *at) for at in ((16, 12), (48, 12), (16, 36), (48, 36))]
    expected = [pixel(quarters(64, 48), *at) for at in ((16, 12), (48, 12), (16, 36), (48, 36))]
    assert np.abs(np.subtract(corners, expected)).max() < 30


def test_the_result_is_tied_to_nothing():
    picture = decode_image(encoded(quarters(), "JPEG", comment=b"hello", exif=b"Exif\0\0"))
    assert type(picture.image) is Image.Image
    assert picture.image.info == {}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "AVIF"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_truncated_files_are_refused(kind: str, share: float):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
    data = encoded(noise, kind)
    with pytest.raises(MediaDecodeError) as caught:
        decode_image(data[: int(len(data) * share)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "AVIF"])
def test_flipped_bytes_give_a_picture_or_a_media_error(kind: str):
    data, dice = encoded(quarters(16, 12), kind), np.random.default_rng(7)
    for _ in range(60):
        damaged = bytearray(data)
        for place in dice.integers(0, len(data), 3):
            damaged[place] = dice.integers(0, 256)
        try:
            assert decode_image(bytes(damaged), MediaPolicy(max_pixels=10**6)).image.mode == "RGB"
        except (MediaDecodeError, MediaRefused) as error:
            assert "\n" not in str(error)  # noqa: PT017  either outcome is right


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello, I am not a picture", "known format.*JPEG, PNG"),
        (b"<!DOCTYPE html><html><img src=cat.png></html>", "HTML page.*address of the picture itself"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing.*export it as PNG"),
        (b"%PDF-1.7\n", "PDF.*export the page"),
        (b"8BPS\0\1", "Photoshop"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript"),
        (b"\x89PNG\r\n\x1a\n", "the picture is damaged: its data cannot be read; save or download it again"),
        (b"\xff\xd8\xff", "damaged"),
    ],
)
def test_what_is_no_picture_is_told(data: bytes, words: str):
    with pytest.raises(MediaDecodeError, match=words):
        decode_image(data)


def test_a_refusal_quotes_nothing_of_the_content():
    with pytest.raises(MediaDecodeError) as caught:
        decode_image(b"password: hunter2")
    assert "passw" not in str(caught.value)


def test_a_video_is_refused_as_one():
    with pytest.raises(MediaRefused, match=r"is a video \(MP4\).*use a picture or a frame"):
        decode_image(VIDEO)


@pytest.mark.parametrize("kind", ["TGA", "SGI", "PCX", "ICO", "JPEG2000", "DDS", "EPS"])
def test_formats_off_the_list_are_not_opened(kind: str):
    with pytest.raises(MediaDecodeError):
        decode_image(encoded(quarters(64, 64), kind))


def test_only_the_sniffed_format_is_tried(monkeypatch: pytest.MonkeyPatch):
    asked = []
    original = Image.open

    def spy(file, formats=None):
        asked.append(formats)
        return original(file, formats=formats)

    monkeypatch.setattr(decode.Image, "open", spy)
    decode_image(encoded(quarters()))
    assert asked == [["PNG"]]
    assert "PNG" in FORMATS


def test_the_byte_limit_comes_before_any_decoding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decode.Image, "open", lambda *_, **__: pytest.fail("opened"))
    data = encoded(quarters())
    with pytest.raises(MediaRefused, match=f"the limit is {len(data) - 1} bytes"):
        decode_image(data, MediaPolicy(max_bytes=len(data) - 1))


@pytest.mark.parametrize(
    ("width", "height"), [(8001, 8000), (12_000, 12_000), (2**31 - 1, 2**31 - 1), (2**20, 62)]
)
def test_a_bomb_is_refused_by_its_header(width: int, height: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("pixels were decoded"))
    with pytest.raises(MediaRefused, match="smaller picture"):
        decode_image(huge_png(width, height))


def test_the_pixel_limit_itself_is_allowed():
    assert decode_image(encoded(quarters(8, 6)), MediaPolicy(max_pixels=48)).image.size == (8, 6)
    with pytest.raises(MediaRefused, match=r"8x6 pixels, 48 in all; the limit is 47"):
        decode_image(encoded(quarters(8, 6)), MediaPolicy(max_pixels=47))


def test_a_text_bomb_inside_a_png_is_refused():
    data = encoded(quarters())
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(8 * 2**20)))
    with pytest.raises(MediaDecodeError, match="damaged"):
        decode_image(data[:33] + bomb + data[33:])


def test_a_webp_that_claims_a_huge_canvas_is_refused():
    side = (16383 - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + side + side
    data = b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk
    with pytest.raises((MediaRefused, MediaDecodeError)):
        decode_image(data)


def test_a_gif_frame_may_not_outgrow_the_limit():
    data = bytearray(encoded(quarters(), "GIF"))
    place = data.index(b",", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    data[place + 5 : place + 9] = struct.pack("<HH", 60_000, 60_000)
    with pytest.raises(MediaRefused):
        decode_image(bytes(data))


def test_a_tiff_of_two_pages_gives_the_first():
    data = encoded(quarters(), "TIFF", save_all=True, append_images=[Image.new("RGB", (8, 6))])
    picture = decode_image(data)
    assert same_pixels(picture.image, quarters())
    assert picture.notes == ("several pages: the first is used",)


def test_a_phone_s_jpeg_of_two_pictures_gives_the_first():
    data = encoded(quarters(32, 32), "MPO", save_all=True, append_images=[Image.new("RGB", (32, 32))])
    picture = decode_image(data)
    assert picture.format == "MPO"
    assert picture.notes == ("several pictures: first of 2",)
    assert min(pixel(picture.image, 28, 28)) > 240


def test_bytes_after_the_picture_do_no_harm():
    assert same_pixels(decode_image(encoded(quarters()) + b"trailing").image, quarters())


def test_damaged_exif_does_not_cost_the_picture():
    data = encoded(quarters(32, 32), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f garbage")
    assert decode_image(data).image.size == (32, 32)


def test_pillow_s_own_file_objects_are_closed():
    buffer = io.BytesIO(encoded(quarters()))
    decode_image(buffer.getvalue())  # an open file would be a ResourceWarning, and warnings are errors
