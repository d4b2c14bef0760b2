"""Which images of a set are trained on, and which are kept for calibration and measuring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.photo.sets import Example

SPLITS = ("train", "val", "test", "none")
PUBLISHED = (
    "flickr8k",
    "imagenet_samples",
    "caltech101",
    "miniplaces",
    "mini_imagenet",
    "grocery",
    "clothing",
    "pacs",
)
"""The sets that the shipped weights saw, in the order in which training draws from them."""


def splits_of(name: str, examples: Sequence[Example]) -> list[str]:
    """A split for each example: the table's own, but for published sets whose test images are fixed here.

    A quarter of every class of caltech101 and mini_imagenet (the last in file order), every fifth image of
    miniplaces and all of pacs are for measuring only; all of imagenet_samples, grocery and clothing is for
    training.
    """
    if name == "pacs":
        return ["test"] * len(examples)
    if name == "miniplaces":
        return ["test" if int(Path(example.file).stem) % 5 == 0 else "train" for example in examples]
    if name in ("caltech101", "mini_imagenet"):
        kind = "cls" if name == "caltech101" else "wnid"
        return _last_quarter([str(example.facts[kind]) for example in examples])
    if name in ("imagenet_samples", "grocery", "clothing"):
        return ["train"] * len(examples)
    return [example.split or "none" for example in examples]


def _last_quarter(kinds: Sequence[str]) -> list[str]:
    """test for the last quarter of each kind's examples, rounded to a whole number."""
    members: dict[str, list[int]] = {}
    for number, kind in enumerate(kinds):
        members.setdefault(kind, []).append(number)
    splits = ["train"] * len(kinds)
    for numbers in members.values():
        for number in numbers[len(numbers) - round(len(numbers) / 4) :]:
            splits[number] = "test"
    return splits
