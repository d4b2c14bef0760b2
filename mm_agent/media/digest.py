"""The content address of a picture: its pixels, however they were encoded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# Rows hashed at a time, so that hashing a large picture does not hold a second copy of it.
_BAND_ROWS = 256


def picture_digest(image: Image.Image) -> str:
    """SHA-256, in hex, over the size and the RGB bytes of an upright picture.

    A PNG, the data URI of it and the array it was made from share a digest; an RGB picture is expected, as
    `mm_agent.media` makes them (other modes are hashed as they convert to RGB).
    """
    picture = image if image.mode == "RGB" else image.convert("RGB")
    digest = hashlib.sha256(f"RGB {picture.width}x{picture.height}\n".encode())
    for top in range(0, picture.height, _BAND_ROWS):
        band = picture.crop((0, top, picture.width, min(top + _BAND_ROWS, picture.height)))
        digest.update(band.tobytes())
    return digest.hexdigest()
