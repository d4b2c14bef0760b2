"""Captions around names: those of training, and those of the card, which calibration and measuring use."""

from __future__ import annotations

import numpy as np

from mm_agent.vision.card import Language

_TRAINING_EN = (
    "{}",
    "{}",
    "a {}",
    "a photo of a {}",
    "a picture of a {}",
    "this is a photo of {}",
    "there is a {} in the picture",
)
_TRAINING_ZH = ("{}", "{}", "一张{}的照片", "图里有{}", "这是{}", "这是一张{}的照片")

CARD: dict[Language, tuple[str, ...]] = {"en": ("{label}",), "zh": ("{label}",)}


def in_template(text: str, rng: np.random.Generator) -> str:
    """A name in a random caption of its language."""
    templates = _TRAINING_EN if text.isascii() else _TRAINING_ZH
    filled = templates[rng.integers(len(templates))].format(text)
    # As the shipped weights were trained: not before u, nor at the start before e, i and o.
    filled = filled.replace("a a", "an a")
    for vowel in "eio":
        filled = filled.replace(f" a {vowel}", f" an {vowel}")
    return filled
