"""Stored maps of a set's images, and batches gathered from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mm_agent.errors import FinetuneError
from training.photo.features import array_path, viewed, views_of
from training.photo.sets import ImageSet
from training.photo.tower_maps import CLASSES, HEAD, HEAD_MOST, LOW, TOKENS, TowerClassifier

# How often a whole image is taken for sure; else any view, the whole image among them.
_WHOLE = 0.35


@dataclass(frozen=True)
class StoredView:
    """One view's arrays.

    Attributes:
        head: (R, 81, 1280) uint8.
        low: (R, 81, 168) float16.
        logits: (R, 1000) float16, the tower's own classifier.
        rows: (examples,) the row of every example, -1 for none.
    """

    head: np.ndarray
    low: np.ndarray
    logits: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class TowerBatch:
    """Maps of B images at N cells of the grid, float32.

    Attributes:
        low: (B, N, 168).
        head: (B, N, 1280).
        logits: (B, 1000), the tower's own classifier.
    """

    low: Tensor
    head: Tensor
    logits: Tensor

    @classmethod
    def joined(cls, parts: Sequence[TowerBatch]) -> TowerBatch:
        """One batch of several."""
        low, head, logits = zip(*((part.low, part.head, part.logits) for part in parts), strict=True)
        return cls(torch.cat(low), torch.cat(head), torch.cat(logits))


@dataclass(frozen=True)
class StoredMaps:
    """A set with its views, the whole image first."""

    images: ImageSet
    views: tuple[StoredView, ...]

    @classmethod
    def open(cls, folder: Path, images: ImageSet, classifier: TowerClassifier) -> StoredMaps:
        """Opens what `compute_view` wrote, memory-mapped.

        Raises:
            FinetuneError: the arrays are of another version of the table.
        """
        views = (_open_view(folder, images, view, classifier) for view in views_of(images.name))
        return cls(images, tuple(view for view in views if view is not None))


def _open_view(folder: Path, images: ImageSet, view: str, classifier: TowerClassifier) -> StoredView | None:
    """None for a view that covers no image."""
    numbers = viewed(images, view)
    if not len(numbers):
        return None
    head, low = (np.load(array_path(folder, images, view, part), mmap_mode="r") for part in ("head", "low"))
    if len(head) != len(numbers):
        raise FinetuneError(
            f"{folder} holds {len(head)} images of {images.name}, view {view}, but its table names "
            f"{len(numbers)}; delete {folder}/{images.name}-*"
        )
    rows = np.full(len(images.examples), -1)
    rows[numbers] = np.arange(len(numbers))
    return StoredView(head, low, _logits(array_path(folder, images, view, "logits"), head, classifier), rows)


def _logits(path: Path, head: np.ndarray, classifier: TowerClassifier) -> np.ndarray:
    """The classifier on every image of a view, kept beside its maps."""
    if not path.exists():
        np.save(path, classifier.logits(head).astype(np.float16))
    return np.load(path)


def gather(maps: StoredMaps, numbers: np.ndarray, rng: np.random.Generator, *, cells: int) -> TowerBatch:
    """Maps of a random view of each example at `cells` random cells of the grid.

    An example that the drawn view does not cover is seen in any that does.
    """
    seen_whole = rng.random(len(numbers)) < _WHOLE
    views = np.where(seen_whole, 0, rng.integers(0, len(maps.views), len(numbers)))
    orders = np.argsort(rng.random((len(numbers), TOKENS)), axis=1)[:, :cells]
    low = np.empty((len(numbers), cells, LOW), np.float16)
    head = np.empty((len(numbers), cells, HEAD), np.uint8)
    logits = np.empty((len(numbers), CLASSES), np.float16)
    for at, (number, chosen) in enumerate(zip(numbers, views, strict=True)):
        view = maps.views[chosen]
        if view.rows[number] < 0:
            covering = [one for one in maps.views if one.rows[number] >= 0]
            view = covering[rng.integers(len(covering))]
        row = view.rows[number]
        low[at], head[at] = view.low[row][orders[at]], view.head[row][orders[at]]
        logits[at] = view.logits[row]
    return _batch(low, head, logits)


def whole_images(maps: StoredMaps, numbers: np.ndarray) -> TowerBatch:
    """Maps of whole images at all cells."""
    view = maps.views[0]
    rows = view.rows[numbers]
    return _batch(view.low[rows], view.head[rows], view.logits[rows])


def _batch(low: np.ndarray, head: np.ndarray, logits: np.ndarray) -> TowerBatch:
    """Arrays as they are stored, to float32."""
    return TowerBatch(
        torch.from_numpy(low.astype(np.float32)),
        torch.from_numpy(head).float() * (HEAD_MOST / 255),
        torch.from_numpy(logits.astype(np.float32)),
    )
