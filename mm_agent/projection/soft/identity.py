"""A language model's fingerprint: one short text that changes whenever its embeddings or answers would."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mm_agent.errors import ProjectorError
from mm_agent.vision.fingerprint import file_hash

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "merges.txt")


def language_model_fingerprint(folder: str | Path) -> str:
    """16 hexadecimal digits for a transformers checkpoint: its weights' and its tokenizer's bytes.

    Number type and device stay out, as in an encoder's fingerprint.

    Raises:
        ProjectorError: the folder holds no safetensors.
    """
    folder = Path(folder)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise ProjectorError(f"{folder} holds no safetensors; name the folder of a transformers checkpoint")
    digest = hashlib.sha256()
    tokenizer = (folder / name for name in _TOKENIZER_FILES)
    for path in [*weights, *(path for path in tokenizer if path.is_file())]:
        digest.update(file_hash(path).encode())
    return digest.hexdigest()[:16]
