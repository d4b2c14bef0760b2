"""Two small caches: a thread-safe LRU bounded by bytes, and tensors kept on disk by content hash."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from pathlib import Path
from threading import Lock
from typing import Generic, Protocol, TypeVar

import torch
from PIL import Image
from torch import Tensor


class Sized(Protocol):
    """What knows how much memory it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes."""
        ...


Value = TypeVar("Value", bound=Sized)


class LRU(Generic[Value]):
    """Least-recently-used values within a byte budget."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._items: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """The value under `key`, now the most recently used, or None."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: Hashable, value: Value) -> None:
        """Keeps `value` under `key` and drops the oldest values beyond the budget."""
        with self._lock:
            old = self._items.pop(key, None)
            self._items[key] = value
            self._bytes += value.nbytes - (0 if old is None else old.nbytes)
            while self._bytes > self._max_bytes:
                self._bytes -= self._items.popitem(last=False)[1].nbytes

    def __len__(self) -> int:
        return len(self._items)


TensorLRU = LRU[Tensor]


class DiskTensors:
    """One safetensors file a picture, clip or long list of texts.

    They lie under ``folder/fingerprint-dtype/ab/abcdef….safetensors``.

    A file that cannot be read is treated as absent and written again.
    """

    def __init__(self, folder: Path, fingerprint: str, dtype: str) -> None:
        self._root = folder / f"{fingerprint}-{dtype}"

    def get(self, content: str) -> dict[str, Tensor]:
        """The tensors kept for this content hash; empty when there are none."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(self._path(content))
        except (FileNotFoundError, SafetensorError):
            return {}

    def put(self, content: str, tensors: Mapping[str, Tensor]) -> None:
        """Writes `tensors` atomically."""
        from safetensors.torch import save

        from mm_agent.media.atomic import write_atomic

        path = self._path(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = save({name: tensor.contiguous() for name, tensor in tensors.items()})
        write_atomic(path, data, durable=False)

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
