"""Pictures of more than 8 bits a pixel, scaled to 8; Pillow's own conversion would clip them to white."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mm_agent.errors import MediaDecodeError

# Rows scaled at a time: a wide type for a whole large picture would take many times its memory.
_BAND_ROWS = 512


def deep_to_grey(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Scale a 16-bit, 32-bit or float greyscale picture to mode L.

    16-bit values map 0..65535 to 0..255 and floats 0..1 to 0..255. Values outside those ranges have no
    standard white, so they are stretched from their lowest to their highest, with a note that says so.

    Raises:
        MediaDecodeError: A float picture without a single finite value.
    """
    values = np.asarray(image)  # (H, W)
    if image.mode.startswith("I;16"):
        return _scaled(values, 0.0, 65535.0), ()
    finite = values[np.isfinite(values)] if image.mode == "F" else values
    if finite.size == 0:
        raise MediaDecodeError("the picture holds no finite value; save it as 8-bit PNG")
    low, high = float(finite.min()), float(finite.max())
    white = _usual_white(image, low, high)
    if white is not None:
        return _scaled(values, 0.0, white), ()
    return _scaled(values, low, high), (f"values {low:g} to {high:g} stretched from black to white",)


def _usual_white(image: Image.Image, low: float, high: float) -> float | None:
    """The value that means white, where the range tells: None where it does not."""
    if low < 0:
        return None
    if image.mode == "F":
        return 1.0 if high <= 1 else None
    if image.format == "PPM":  # Pillow scales deep PPM to 16 bits
        return 65535.0
    if high <= 255:  # an 8-bit picture that only passed through Pillow's mode I
        return 255.0
    return 65535.0 if high <= 65535 else None


def _scaled(values: np.ndarray, black: float, white: float) -> Image.Image:
    grey = np.empty(values.shape, np.uint8)
    span = (white - black) or 1.0
    for top in range(0, len(values), _BAND_ROWS):
        band = np.nan_to_num(
            values[top : top + _BAND_ROWS].astype(np.float64), nan=black, posinf=white, neginf=black
        )
        grey[top : top + _BAND_ROWS] = np.rint((band - black) * 255.0 / span)
    return Image.fromarray(grey)
