import numpy as np
import pytest
from PIL import Image

from mm_agent.media.decode import decode_image
from mm_agent.media.frames import MOST_FRAMES, count_gif_frames
from tests.media.pictures import encoded, quarters


def frames(count: int) -> list[Image.Image]:
    """Pictures of falling brightness, the first white."""
    return [Image.new("RGB", (16, 16), (255 - 20 * number,) * 3) for number in range(count)]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("count", [2, 7])
def test_an_animation_gives_its_first_frame_and_says_so(kind: str, count: int):
    first, *rest = frames(count)
    options = {"lossless": True} if kind == "WEBP" else {}
    picture = decode_image(encoded(first, kind, save_all=True, append_images=rest, duration=100, **options))
    assert picture.notes == (f"animated: first of {count} frames",)
    assert np.asarray(picture.image).min() > 250


def test_a_still_gif_has_no_note():
    assert decode_image(encoded(quarters(), "GIF")).notes == ()


def test_a_clear_animation_has_both_notes():
    clear = [Image.new("RGBA", (8, 8), (255, 0, 0, alpha)) for alpha in (0, 255)]
    picture = decode_image(encoded(clear[0], "WEBP", save_all=True, append_images=clear[1:], lossless=True))
    assert picture.notes == ("animated: first of 2 frames", "fully transparent: all white")


def test_gif_frames_are_counted_as_pillow_counts_them():
    for count in (1, 2, 5):
        data = encoded(frames(count)[0], "GIF", save_all=True, append_images=frames(count)[1:], duration=50)
        assert count_gif_frames(data) == count


class CountedReads(bytes):
    """Bytes that count how often something is read of them."""

    reads = 0

    def __getitem__(self, key):
        self.reads += 1
        return super().__getitem__(key)


def test_a_hostile_gif_is_not_counted_to_its_end():
    head = b"GIF89a" + bytes(7)
    frame = b"," + bytes(9) + b"\x02" + b"\x01\x00\x00"
    data = CountedReads(head + frame * 1_000_000)
    assert count_gif_frames(data) == MOST_FRAMES
    assert data.reads < 10 * MOST_FRAMES


@pytest.mark.parametrize("length", [0, 5, 13, 20, 40])
def test_a_truncated_gif_ends_the_count(length: int):
    data = encoded(frames(3)[0], "GIF", save_all=True, append_images=frames(3)[1:])
    assert count_gif_frames(data[:length]) <= 1
