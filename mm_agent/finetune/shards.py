"""Features of many pictures in few files: a file a picture would take longer to write than to compute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from mm_agent.media.atomic import write_atomic


class Shards:
    """Rows of tensors by content hash, under ``folder/*.safetensors``; read only when asked for.

    A file that cannot be read is treated as absent.

    Args:
        folder: where they are kept.
        names: the tensors of a row.
    """

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self._folder, self._names = folder, names
        self._places: dict[str, tuple[Any, int]] = {}
        for path in sorted(folder.glob("*.safetensors")):
            self._open(path)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def get(self, key: str) -> dict[str, Tensor]:
        """The row of a key that is there."""
        file, row = self._places[key]
        return {name: file.get_slice(name)[row] for name in self._names}

    def put(self, rows: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Write rows into one new file, atomically.

        Raises:
            MediaError: it cannot be written.
        """
        if not rows:
            return
        keys = json.dumps(list(rows))
        tensors = {name: torch.stack([row[name] for row in rows.values()]) for name in self._names}
        path = self._folder / f"{hashlib.sha256(keys.encode()).hexdigest()[:16]}.safetensors"
        write_atomic(path, save(tensors, metadata={"keys": keys}), durable=False)
        self._open(path)

    def _open(self, path: Path) -> None:
        try:
            file: Any = safe_open(str(path), framework="pt")
            keys = json.loads(file.metadata()["keys"])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError):
            return
        if set(self._names) <= set(file.keys()):
            self._places.update({key: (file, row) for row, key in enumerate(keys)})
