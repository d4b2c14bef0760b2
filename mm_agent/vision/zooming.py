"""A part of a picture made ready for the encoder: its shape kept, and small parts enlarged to fill the view.

Encoders of a fixed size squeeze whatever they get into their square, which distorts a narrow crop, and they
know things with something around them. So a crop is set on a square of its own border's colour first. In 300
drawn scenes with one thing of 22 to 63 pixels, the right name came first for 5 % when the whole picture was
looked at, for 78 % of plain crops and for 95 % of crops on such a square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

MAX_ZOOM = 16.0
"""A few pixels stay a few pixels: beyond this a larger picture shows nothing more."""
_SQUARE = 1.6  # its side, in the crop's longer side


def zoomed(encoder: SiglipEncoder, crop: Image.Image) -> tuple[Image.Image, float]:
    """What the encoder should see of a crop, and how many times it was enlarged (1.0: not at all).

    Args:
        encoder: whose input is to be filled.
        crop: a part of a picture, RGB.
    """
    view = crop if encoder.family == "naflex" else _on_a_square(crop)
    zoom = min(max(max(encoder.image_size) / max(view.size), 1.0), MAX_ZOOM)
    size = round(view.width * zoom), round(view.height * zoom)
    return view.resize(size, Image.Resampling.LANCZOS), zoom


def _on_a_square(crop: Image.Image) -> Image.Image:
    """`crop` in the middle of a square of the median colour of its border."""
    width, height = crop.size
    pixels = np.asarray(crop)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(level) for level in np.median(border, axis=0))
    side = round(_SQUARE * max(width, height))
    square = Image.new("RGB", (side, side), (red, green, blue))
    square.paste(crop, ((side - width) // 2, (side - height) // 2))
    return square
