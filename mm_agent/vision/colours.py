"""The dominant colours of a picture's pixels, in plain words.

Every pixel takes the name of the nearest sample in CIELAB, where distance is close to how different two
colours look; the words are those of the vocabulary's background colours, and black. No encoder is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mm_agent.media.opencv import cv2
from mm_agent.vision.vocabulary import BLACK, COLOURS

NAMED = (*COLOURS, BLACK)
"""Every colour that has a name here."""

# Samples beside the vocabulary's own: what a thing of that colour looks like in light, in shade, or pale.
_SAMPLES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "red": ((150, 24, 30), (235, 80, 70)),
    "orange": ((214, 110, 20), (250, 180, 100)),
    "yellow": ((214, 176, 30), (252, 238, 150)),
    "green": ((28, 84, 38), (150, 205, 130), (110, 122, 48), (30, 130, 110)),
    "blue": ((22, 40, 100), (140, 190, 240), (30, 150, 200), (80, 110, 150)),
    "purple": ((74, 34, 110), (190, 150, 222)),
    "pink": ((252, 208, 220), (232, 92, 150)),
    "brown": ((82, 52, 34), (176, 130, 88), (202, 164, 124)),
    "gray": ((86, 87, 90), (192, 193, 195)),
    "white": ((255, 255, 255), (236, 232, 224)),
    "black": ((0, 0, 0), (44, 44, 48)),
}
_SIDE = 96  # pixels a side that are looked at: enough for shares, quick for any picture


@dataclass(frozen=True)
class ColourShare:
    """One colour: its English name as in ``NAMED``, and its share (0 to 1) of the pixels."""

    name: str
    share: float


def dominant_colours(image: Image.Image, *, most: int = 4, least: float = 0.05) -> list[ColourShare]:
    """The colours that cover most of a picture, largest share first.

    Args:
        image: one picture.
        most: how many to return at most.
        least: the smallest share worth naming; the largest is named whatever its share.
    """
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    names, samples = _palette()
    pixels = _lab(np.asarray(small)).reshape(-1, 1, 3)
    nearest = np.linalg.norm(pixels - samples, axis=-1).argmin(axis=1)  # (pixels,)
    counts = np.bincount(names[nearest], minlength=len(NAMED)) / len(nearest)
    ranked = sorted(zip(NAMED, counts.tolist(), strict=True), key=lambda pair: -pair[1])
    worth = [ColourShare(colour.en, share) for colour, share in ranked if share >= least]
    return (worth or [ColourShare(ranked[0][0].en, ranked[0][1])])[:most]


@cache
def _palette() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Index into ``NAMED`` and CIELAB value of every sample: (S,) and (S, 3)."""
    rows = [(index, rgb) for index, colour in enumerate(NAMED) for rgb in (colour.rgb, *_SAMPLES[colour.en])]
    samples = np.array([[rgb for _, rgb in rows]], dtype=np.uint8)
    return np.array([index for index, _ in rows]), _lab(samples)[0]


def _lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB (H, W, 3) in 0..255 to CIELAB, L in 0..100."""
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
