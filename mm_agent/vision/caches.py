"""Two small caches: a thread-safe LRU bounded by bytes, and vectors kept on disk by content hash."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from threading import Lock

import torch
from PIL import Image
from torch import Tensor


class TensorLRU:
    """Least-recently-used tensors within a byte budget."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._items: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Tensor | None:
        """The tensor under `key`, now the most recently used, or None."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: Hashable, value: Tensor) -> None:
        """Keeps `value` under `key` and drops the oldest tensors beyond the budget."""
        with self._lock:
            old = self._items.pop(key, None)
            self._items[key] = value
            self._bytes += value.nbytes - (0 if old is None else old.nbytes)
            while self._bytes > self._max_bytes:
                self._bytes -= self._items.popitem(last=False)[1].nbytes

    def __len__(self) -> int:
        return len(self._items)


class DiskVectors:
    """One safetensors file a picture, under ``folder/fingerprint-dtype/ab/abcdef….safetensors``.

    A file that cannot be read is treated as absent and written again.
    """

    def __init__(self, folder: Path, fingerprint: str, dtype: str) -> None:
        self._root = folder / f"{fingerprint}-{dtype}"

    def get(self, content: str) -> Tensor | None:
        """The vector (D,) of the picture with this content hash, or None."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(self._path(content))["pooled"]
        except (FileNotFoundError, SafetensorError, KeyError):
            return None

    def put(self, content: str, vector: Tensor) -> None:
        """Writes `vector` (D,) atomically."""
        from safetensors.torch import save

        from mm_agent.media.atomic import write_atomic

        path = self._path(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, save({"pooled": vector.contiguous()}), durable=False)

    def _path(self, content: str) -> Path:
        return self._root / content[:2] / f"{content}.safetensors"


def content_hash(image: Image.Image) -> str:
    """Hash of a picture's pixels and size: the same pixels have the same features, whatever the file."""
    digest = hashlib.blake2b(f"{image.mode}{image.size}".encode(), digest_size=20)
    digest.update(image.tobytes())
    return digest.hexdigest()


def detached(value: Tensor) -> Tensor:
    """`value` as float32 on the CPU, owning its memory (a cached row must not keep its batch alive)."""
    return value.detach().to(device="cpu", dtype=torch.float32, copy=True)
