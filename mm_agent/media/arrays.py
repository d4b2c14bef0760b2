"""Numpy arrays as pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mm_agent.errors import MediaDecodeError
from mm_agent.media.picture import Picture, check_size, to_picture
from mm_agent.media.policy import MediaPolicy

_CHANNEL_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def picture_from_array(array: np.ndarray, policy: MediaPolicy) -> Picture:
    """Read an array of shape (H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA.

    uint8 is taken as it is, uint16 as 0..65535, floats as 0..1, bool as black and white. Nothing is guessed:
    other types, ranges and layouts are refused with the conversion to make.

    Raises:
        MediaDecodeError: Another shape, type or range.
        MediaRefused: More pixels than the policy's ``max_pixels``.
    """
    _check_shape(array)
    check_size(array.shape[1], array.shape[0], policy)
    pixels = np.ascontiguousarray(_to_uint8(array))
    image = Image.fromarray(pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)
    picture = to_picture(image, policy)
    return Picture(picture.image, "array", f"{array.dtype} {picture.original_mode}", picture.notes)


def _check_shape(array: np.ndarray) -> None:
    shape = array.shape
    if len(shape) == 2 or (len(shape) == 3 and shape[2] in _CHANNEL_MODES):
        return
    if len(shape) == 3 and shape[0] in _CHANNEL_MODES:
        advice = "channels come last; use array.transpose(1, 2, 0)"
    elif len(shape) == 4:
        advice = "pass one picture at a time, array[0]"
    else:
        advice = "use (H, W), (H, W, 3) for RGB or (H, W, 4) for RGBA"
    raise MediaDecodeError(f"an array of shape {shape} is not a picture; {advice}")


def _to_uint8(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * 255
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if np.issubdtype(array.dtype, np.floating):
        return _from_floats(array)
    raise MediaDecodeError(
        f"an array of type {array.dtype} is not a picture; "
        "use uint8 (0..255), uint16 (0..65535) or floats (0..1)"
    )


def _from_floats(array: np.ndarray) -> np.ndarray:
    low, high = float(array.min()), float(array.max())
    # Written so that NaN, which compares false, is refused too. The margin is for resampling overshoot.
    if not (low >= -1e-3 and high <= 1 + 1e-3):
        advice = "divide by 255" if low >= 0 and 1 < high <= 255 else "bring the values into 0..1"
        raise MediaDecodeError(f"a float array must hold 0..1, got {low:g}..{high:g}; {advice}")
    return np.rint(np.clip(array, 0, 1) * 255).astype(np.uint8)
