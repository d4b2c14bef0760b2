"""Pictures on their way out, to a model or a client: scaled down and encoded."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from PIL import Image

LONGEST = 1024
"""Longest side in pixels; vision models scale larger pictures down themselves and charge for them."""

_PNG_BYTES = 256 * 1024


@dataclass(frozen=True)
class OutgoingPicture:
    """An encoded picture and its media type."""

    data: bytes
    mime_type: str

    @property
    def base64(self) -> str:
        """The bytes as chat and MCP messages carry them."""
        return base64.b64encode(self.data).decode("ascii")


def outgoing_picture(image: Image.Image, *, longest: int = LONGEST) -> OutgoingPicture:
    """Scale a picture down to ``longest`` pixels and encode it: PNG if that is small, else JPEG."""
    image = scaled_down(image, longest)
    png = _encoded(image, "PNG")
    if len(png) <= _PNG_BYTES:
        return OutgoingPicture(png, "image/png")
    return OutgoingPicture(_encoded(image, "JPEG", quality=85), "image/jpeg")


def outgoing_png(image: Image.Image, *, longest: int) -> bytes:
    """The same as PNG, whatever its size."""
    return _encoded(scaled_down(image, longest), "PNG")


def scaled_down(image: Image.Image, longest: int) -> Image.Image:
    """The picture, or a smaller copy whose longer side has ``longest`` pixels."""
    if max(image.size) <= longest:
        return image
    smaller = image.copy()
    smaller.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return smaller


def _encoded(image: Image.Image, form: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=form, **options)
    return buffer.getvalue()
