"""Labelled pictures, whatever form they come in: a table, folders, or a data set that `datasets` saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
SPLIT_NAMES: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""What people call the parts of their data."""


@dataclass(frozen=True)
class Sample:
    """One picture and what it shows.

    Attributes:
        place: where it stands in the data, for messages: ``labels.csv, line 3``.
        name: what the data calls the picture.
        key: gives the content hash of the picture; reads the file.
        picture: gives the picture; reads and decodes it.
        targets: 1 or 0 for each label.
        split: the part the data itself puts it in; None: the data says nothing.
    """

    place: str
    name: str
    key: Callable[[], str]
    picture: Callable[[], Image.Image]
    targets: tuple[int, ...]
    split: Split | None = None


@dataclass(frozen=True)
class LabelledData:
    """All samples of a data set.

    Attributes:
        source: the file or folder.
        labels: the label names, in the targets' order.
        samples: every row that could be read.
        bad_rows: one line for each row that could not.
        exclusive: whether each picture has exactly one label.
    """

    source: Path
    labels: tuple[str, ...]
    samples: tuple[Sample, ...]
    bad_rows: tuple[str, ...] = ()
    exclusive: bool = False

    @property
    def total(self) -> int:
        """Rows in all, good and bad."""
        return len(self.samples) + len(self.bad_rows)


def one_hot(index: int, size: int) -> tuple[int, ...]:
    """Targets of a picture with one label."""
    return tuple(int(position == index) for position in range(size))


def many_hot(indices: Sequence[int], size: int) -> tuple[int, ...]:
    """Targets of a picture with several labels."""
    return tuple(int(position in set(indices)) for position in range(size))
