"""Pictures on their way out: small in pixels and in bytes."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from mm_agent.media.outgoing import outgoing_picture, outgoing_png


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_small_plain_picture_stays_as_it_is() -> None:
    picture = Image.new("RGB", (64, 48), "red")
    sent = outgoing_picture(picture)
    assert sent.mime_type == "image/png"
    assert decoded(sent.data).tobytes() == picture.tobytes()
    assert base64.b64decode(sent.base64) == sent.data


def test_a_large_one_shrinks_and_keeps_its_shape() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (900, 3000, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    sent = outgoing_picture(picture, longest=1000)
    assert (sent.mime_type, decoded(sent.data).format) == ("image/jpeg", "JPEG")
    assert decoded(sent.data).size == (1000, 300)
    assert len(sent.data) < 300_000
    assert picture.size == (3000, 900)
    again = decoded(outgoing_png(picture, longest=500))
    assert (again.format, again.size) == ("PNG", (500, 150))
