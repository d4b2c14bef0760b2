"""The tower's maps of every view of every set, computed once and kept on disk.

    FOLDER/SET-VIEW.head.npy   (N, 81, 1280) uint8: the head's map after ReLU6, 0..6 as 0..255
    FOLDER/SET-VIEW.low.npy    (N, 81, 168) float16: stages 3 and 5, averaged to the last grid; written last

`whole` covers all of a set's images, every other view its training images; of Flickr8k's, which are many, a
quarter is redrawn.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np

from training.photo.sets import ImageSet
from training.photo.tower_maps import BATCH, HEAD, HEAD_MOST, LOW, TOKENS, ComputeMaps, pixels_of
from training.photo.views import SIDE, VIEWS

_USUAL = ("whole", "crop1")
_PLAN = {
    "flickr8k": ("whole", "crop1", "sketch1", "comic1"),
    "imagenet_samples": ("whole", "crop1", "sketch1", "cartoon1"),
    "caltech101": ("whole", "crop1", "sketch1", "cartoon1"),
    "pacs": ("whole",),
    "scenes": ("whole",),
}
_REDRAWN_IN_PART, _REDRAWN_STEP = {("flickr8k", "sketch1"), ("flickr8k", "comic1")}, 4


def views_of(name: str) -> tuple[str, ...]:
    """The views of a set; a digit tells several random views of one kind apart."""
    return _PLAN.get(name, _USUAL)


def viewed(images: ImageSet, view: str) -> np.ndarray:
    """Numbers of the examples that a view covers, in the order of its rows."""
    if view == "whole":
        return np.arange(len(images.examples))
    step = _REDRAWN_STEP if (images.name, view) in _REDRAWN_IN_PART else 1
    return images.of_split("train")[::step]


def array_path(folder: Path, images: ImageSet, view: str, part: str) -> Path:
    """Where `part` (head, low or logits) of a view is kept."""
    return folder / f"{images.name}-{view}.{part}.npy"


def missing_views(images: ImageSet, folder: Path) -> list[str]:
    """The set's views that cover an image and are not kept yet."""
    views = (view for view in views_of(images.name) if len(viewed(images, view)))
    return [view for view in views if not array_path(folder, images, view, "low").exists()]


def compute_view(images: ImageSet, view: str, compute: ComputeMaps, out: Path) -> None:
    """Writes both arrays of a view."""
    numbers = viewed(images, view)
    head_path, low_path = (array_path(out, images, view, part) for part in ("head", "low"))
    out.mkdir(parents=True, exist_ok=True)
    head = _draft(head_path, np.uint8, (len(numbers), TOKENS, HEAD))
    low = _draft(low_path, np.float16, (len(numbers), TOKENS, LOW))
    began, at = time.time(), 0
    for pixels in _batches(images, view, numbers):
        count = len(pixels)
        lows, heads = compute(_filled_up(pixels))
        head[at : at + count] = np.rint(heads[:count] * (255 / HEAD_MOST)).astype(np.uint8)
        low[at : at + count] = lows[:count]
        at += count
    head.flush()
    low.flush()
    for path in (head_path, low_path):
        os.replace(path.with_suffix(".tmp"), path)
    print(f"{images.name} {view}: {at} images in {time.time() - began:.0f} s", flush=True)


def _draft(path: Path, dtype: type, shape: tuple[int, ...]) -> np.memmap:
    return np.lib.format.open_memmap(path.with_suffix(".tmp"), mode="w+", dtype=dtype, shape=shape)


def _batches(images: ImageSet, view: str, numbers: np.ndarray) -> Iterator[np.ndarray]:
    """Pixels (16 or fewer, 3, S, S) of the view; the same each time."""
    rng = random.Random(f"{images.name} {view}")
    make, source = VIEWS[view.rstrip("0123456789")], images.images(numbers)
    with ThreadPoolExecutor(2) as pool:
        while chunk := list(islice(source, BATCH)):
            seeds = [random.Random(rng.random()) for _ in chunk]
            yield np.stack(list(pool.map(lambda image, seed: pixels_of(make(image, seed)), chunk, seeds)))


def _filled_up(pixels: np.ndarray) -> np.ndarray:
    """A full batch: missing images are zeros."""
    missing = BATCH - len(pixels)
    return np.concatenate([pixels, np.zeros((missing, 3, SIDE, SIDE), np.float32)]) if missing else pixels
