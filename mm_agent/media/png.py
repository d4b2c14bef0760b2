"""Pictures made here, as files."""

from __future__ import annotations

import io

from PIL import Image

from mm_agent.errors import MediaError


def as_png(picture: Image.Image) -> bytes:
    """The picture as a PNG file, quickly rather than small.

    Raises:
        MediaError: A mode that PNG cannot hold.
    """
    buffer = io.BytesIO()
    try:
        picture.save(buffer, format="PNG", compress_level=1)
    except OSError as error:
        raise MediaError(
            f"cannot save a picture of mode {picture.mode} as PNG; convert it to RGB first"
        ) from error
    return buffer.getvalue()
