"""Every Pillow mode to RGB, without losing what the mode means."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mm_agent.errors import MediaDecodeError
from mm_agent.media.deep import deep_to_grey
from mm_agent.media.profiles import cmyk_to_rgb, lab_to_rgb

_WHITE = (255, 255, 255)
_DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
_DIRECT_MODES = ("1", "L", "P", "RGBX", "YCbCr", "HSV")


def to_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """An RGB version of a loaded picture, and notes on what was done.

    Transparency is shown on white. An RGB picture's own colour profile is left alone, as the encoders'
    training data was read; a CMYK picture's is used, since CMYK means little without it.

    Raises:
        MediaDecodeError: A mode that has no colour meaning here.
    """
    if image.mode in _DEEP_MODES:
        grey, notes = deep_to_grey(image)
        return _on_white_value(grey, image), notes
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    if image.mode == "RGB":
        return image, ()
    if image.mode == "CMYK":
        return cmyk_to_rgb(image)
    if image.mode == "LAB":
        return lab_to_rgb(image), ()
    if image.mode in _DIRECT_MODES:
        return image.convert("RGB"), ()
    raise MediaDecodeError(f"pictures of mode {image.mode} are not read; save it as an RGB PNG")


def _on_white(rgba: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    alpha = rgba.getchannel("A")
    lowest, highest = alpha.getextrema()
    if lowest == 255:
        return rgba.convert("RGB"), ()
    sheet = Image.new("RGB", rgba.size, _WHITE)
    sheet.paste(rgba, mask=alpha)
    return sheet, ("fully transparent: all white" if highest == 0 else "transparency shown on white",)


def _on_white_value(grey: Image.Image, original: Image.Image) -> Image.Image:
    """A deep picture to RGB, the one value its file declares transparent (PNG's tRNS) shown white."""
    clear = original.info.get("transparency")
    if isinstance(clear, int):
        values = np.array(grey)
        values[np.asarray(original) == clear] = 255
        grey = Image.fromarray(values)
    return grey.convert("RGB")
