"""Text vectors beside a checkpoint: the first question about an image need not encode thousands of names.

FOLDER/text_vectors.safetensors   float16, one tensor a list of texts, named by `list_name`; its metadata has
                                  the fingerprint of the encoder that made it
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mm_agent.vision.card import Language

if TYPE_CHECKING:
    from torch import Tensor

    from mm_agent.vision.encoder import SiglipEncoder

FILE = "text_vectors.safetensors"
_LANGUAGES: tuple[Language, ...] = ("en", "zh")


def list_name(texts: Sequence[str], templates: Sequence[str] | None) -> str:
    """What a list of texts in `templates` is stored under."""
    key = [list(texts), None if templates is None else list(templates)]
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()


class StoredTexts:
    """Reads the file; without one, or with another encoder's, nothing is found.

    Args:
        folder: the checkpoint's folder.
        fingerprint: the encoder's, asked for when there is a file.
    """

    def __init__(self, folder: Path, fingerprint: Callable[[], str]) -> None:
        self._path = folder / FILE
        self._fingerprint = fingerprint

    def get(self, name: str) -> Tensor | None:
        """Vectors (M, D) float32 of a list, or None."""
        from safetensors import SafetensorError, safe_open

        if not self._path.is_file():
            return None
        try:
            with safe_open(self._path, framework="pt") as file:
                made_by = (file.metadata() or {}).get("fingerprint")
                if made_by != self._fingerprint() or name not in file.keys():  # noqa: SIM118
                    return None
                return file.get_tensor(name).float()
        except SafetensorError:
            return None


def write_vocabulary_vectors(encoder: SiglipEncoder) -> Path:
    """Writes the file for the encoder's vocabulary in both languages, in its default templates."""
    from safetensors.torch import save

    from mm_agent.media.atomic import write_atomic

    tensors: dict[str, Tensor] = {}
    for language in _LANGUAGES:
        names, templates = encoder.vocabulary.labels(language), encoder.default_templates(language)
        vectors = encoder.embed_texts(names, templates=templates, normalize=False)
        tensors[list_name(names, templates)] = vectors.half().contiguous()
    path = encoder.checkpoint.path / FILE
    write_atomic(path, save(tensors, metadata={"fingerprint": encoder.fingerprint}))
    return path
