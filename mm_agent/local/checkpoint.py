"""From what a person types to the folder of a language model: ``demo``, a folder or a hub id."""

from __future__ import annotations

import re
from pathlib import Path

from mm_agent.errors import CheckpointError, LocalModelError

DEMO_DIR = Path(__file__).parent / "demo" / "weights"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def find_checkpoint(spec: str) -> Path:
    """Find the folder ``spec`` names, fetching it from the hub when it is not cached here.

    Only safetensors are read, and no code that comes with a checkpoint is ever run.

    Args:
        spec: ``demo``, a local folder, or ``owner/name`` on the Hugging Face hub. An existing folder wins
            over a hub id of the same spelling.

    Raises:
        LocalModelError: No such folder or hub model, or its files are not complete.
    """
    folder = DEMO_DIR if spec == "demo" else Path(spec).expanduser()
    if not folder.is_dir():
        folder = _fetch(spec)
    if not (folder / "config.json").is_file():
        raise LocalModelError(f"{spec} has no config.json; pass the folder of a transformers checkpoint")
    if not any(folder.glob("*.safetensors")):
        raise LocalModelError(f"{spec} has no safetensors weights; convert them, pickled ones are refused")
    return folder


def _fetch(spec: str) -> Path:
    if spec.startswith((".", "/", "~")) or not _HUB_ID.fullmatch(spec):
        raise LocalModelError(
            f"no local model {spec!r}: not a folder here; use a folder, or owner/name on the hub"
        )
    from mm_agent.vision.hub import fetch

    try:
        return fetch(spec)
    except CheckpointError as error:
        raise LocalModelError(str(error)) from error
