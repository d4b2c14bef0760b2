"""Images kept out of training, for measuring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image
from torch import Tensor

from training.photo.sets import Example, ImageSet, read_set

MEASURED = ("flickr8k", "caltech101", "mini_imagenet", "miniplaces", "pacs")


@dataclass(frozen=True)
class Kept:
    """Some examples of a set."""

    images: ImageSet
    numbers: np.ndarray

    @classmethod
    def of(cls, images: ImageSet, split: str = "test") -> Kept:
        """The examples of a split."""
        return cls(images, images.of_split(split))

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        return tuple(self.images.examples[number] for number in self.numbers)

    @cached_property
    def pictures(self) -> list[Image.Image]:
        return list(self.images.images(self.numbers))


class Scorer(Protocol):
    """Whatever scores kept images with texts; higher fits better."""

    def captions(self, kept: Kept, texts: Sequence[str]) -> Tensor:
        """Scores (N, M) of the images with sentences."""
        ...

    def labels(self, kept: Kept, labels: Sequence[str]) -> Tensor:
        """Scores (N, M) of the images with English names."""
        ...


def read_kept(folder: Path) -> Mapping[str, Kept]:
    """The test images of every published set that something is measured on."""
    return {name: Kept.of(read_set(folder, name)) for name in MEASURED}
