"""Pictures at the encoder's size, decoded once and then read from one file by every epoch."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import FinetuneError
from mm_agent.finetune.looking import S, Seen, Unusable, look_over

_SAID = 1024
Say = Callable[[str], None]


class PixelStore:
    """(N, 3, H, W) uint8 in a memory-mapped file, as the image processor resizes them."""

    def __init__(self, path: Path) -> None:
        self._pixels = np.load(path, mmap_mode="r")

    def __len__(self) -> int:
        return len(self._pixels)

    def get(self, rows: Sequence[int]) -> Tensor:
        """Pixels (B, 3, H, W) uint8."""
        return torch.from_numpy(np.ascontiguousarray(self._pixels[list(rows)]))


def store_pixels(
    seen: Sequence[Seen[S]], processor: Any, folder: Path, *, say: Say = lambda line: None
) -> PixelStore:
    """Decode and resize all pictures, or open what an earlier run wrote for the same ones.

    Args:
        seen: the usable samples, in the order of the rows.
        processor: the encoder's image processor.
        folder: where the file goes.
        say: gets a line now and then.

    Raises:
        FinetuneError: the disk has no room, or a picture changed meanwhile.
    """
    size = processor.size["height"], processor.size["width"]
    names = hashlib.sha256(repr((size, [one.key for one in seen])).encode()).hexdigest()[:16]
    path = folder / f"{names}.npy"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _require_room(folder, len(seen) * 3 * size[0] * size[1])
        draft = folder / f".{names}.part"
        _write(draft, seen, processor, size, say)
        os.replace(draft, path)
    return PixelStore(path)


def _require_room(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise FinetuneError(
            f"the resized pictures need {wanted / 2**30:.1f} GiB, {folder} has {free / 2**30:.1f} GiB free; "
            "free some, or choose an --out on another disk"
        )


def _write(path: Path, seen: Sequence[Seen[S]], processor: Any, size: tuple[int, int], say: Say) -> None:
    pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(seen), 3, *size))

    def resized(picture: Image.Image) -> np.ndarray:
        done = processor(images=picture, return_tensors="np", do_rescale=False, do_normalize=False)
        return done["pixel_values"][0]

    for row, one in enumerate(look_over([one.sample for one in seen], keep=resized)):
        if isinstance(one, Unusable) or one.kept is None:
            raise FinetuneError(f"a picture changed while the run was going on: {getattr(one, 'line', '')}")
        pixels[row] = one.kept
        if (row + 1) % _SAID == 0:
            say(f"resized {row + 1} of {len(seen)} pictures")
    pixels.flush()
