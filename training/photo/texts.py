"""One spelling per text: captions as the encoder's text rules have them, labels as people write them."""

from __future__ import annotations

import re
import string

_PUNCTUATION = str.maketrans("", "", string.punctuation + "，。！？、；：“”‘’（）《》…—·")

# Labels of the published sets that are spelt in their own way.
_SPELLINGS = {
    "cougar face": "cougar",
    "cougar body": "cougar",
    "flamingo head": "flamingo",
    "crocodile head": "crocodile",
    "motorbikes": "motorcycle",
    "car side": "car",
    "faces easy": "face",
    "faces": "face",
    "water lilly": "water lily",
    "airplanes": "airplane",
    "temple (east asia)": "temple",
    "desert (sand)": "desert",
    "stage (indoor)": "stage",
    "kindergarden classroom": "classroom",
    "ice skating rink (outdoor)": "ice rink",
    "stadium (football)": "stadium",
    "swimming pool (outdoor)": "swimming pool",
    "subway station (platform)": "subway station",
    "track (outdoor)": "running track",
    "butchers shop": "butcher shop",
    "market (outdoor)": "market",
    "museum (indoor)": "museum",
    "bakery (shop)": "bakery",
    "staircase": "stairs",
    "church (outdoor)": "church",
    "monastery (outdoor)": "monastery",
    "longsleeve": "long-sleeved shirt",
    "outwear": "coat",
    "red grapefruit": "grapefruit",
    "satsumas": "mandarin orange",
}


def canonical(text: str) -> str:
    """Lower case, no ASCII or full-width punctuation, single spaces: the photo family's text rules."""
    return re.sub(r"\s+", " ", text.lower().translate(_PUNCTUATION)).strip()


def spelled(label: str) -> str:
    """A set's label as people write it."""
    plain = label.lower().replace("_", " ")
    return _SPELLINGS.get(plain, plain)


def is_chinese(text: str) -> bool:
    """Whether a Chinese character is in it."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)
