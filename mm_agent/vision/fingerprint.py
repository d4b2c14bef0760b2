"""The encoder fingerprint: one short text that changes whenever the vectors would.

It covers the weights' bytes, the tokenizer's bytes, the image preprocessing and the text rules, and goes
into every cache key, index, head and projector. The number type and the device stay out: they move vectors
by rounding only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_CHUNK = 1 << 22
_TOKENIZER_FILES = ("tokenizer.json", "spiece.model", "tokenizer.model", "vocab.json", "merges.txt")
_PREPROCESSING_KEYS = (
    "do_convert_rgb",
    "do_resize",
    "size",
    "resample",
    "do_center_crop",
    "crop_size",
    "do_rescale",
    "rescale_factor",
    "do_normalize",
    "image_mean",
    "image_std",
    "patch_size",
    "max_num_patches",
)


def fingerprint(weights: Iterable[Path], folder: Path, preprocessing: Mapping[str, Any], rules: str) -> str:
    """16 hexadecimal digits for an encoder.

    Args:
        weights: the safetensors files.
        folder: the checkpoint's folder, for its tokenizer files.
        preprocessing: the image processor as a dict; keys that change no pixel are ignored.
        rules: the text rules' signature.
    """
    digest = hashlib.sha256()
    tokenizer = (folder / name for name in _TOKENIZER_FILES)
    for path in [*weights, *(path for path in tokenizer if path.is_file())]:
        digest.update(file_hash(path).encode())
    pixels = {key: preprocessing[key] for key in _PREPROCESSING_KEYS if preprocessing.get(key) is not None}
    digest.update(json.dumps(pixels, sort_keys=True, default=_plain).encode())
    digest.update(rules.encode())
    return digest.hexdigest()[:16]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, read once per path, size and modification time in this process."""
    status = path.stat()
    return _file_hash(str(path.resolve()), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def _file_hash(path: str, size: int, modified: int) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) or hasattr(value, "keys") else str(value)
