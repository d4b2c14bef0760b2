"""From what a person types to a checkpoint on disk: aliases, hub ids and local folders.

Only safetensors are read, and no code that comes with a checkpoint is ever run.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mm_agent.errors import CheckpointError
from mm_agent.vision.card import Card, read_card
from mm_agent.vision.hub import fetch
from mm_agent.vision.photo.tower import tower_weights

Family = Literal["siglip", "siglip2", "naflex", "clip", "photo", "demo"]

ALIASES: dict[str, str] = {
    "siglip-base": "google/siglip-base-patch16-224",
    "siglip-so400m": "google/siglip-so400m-patch14-384",
    "siglip2-base": "google/siglip2-base-patch16-224",
    "siglip2-large": "google/siglip2-large-patch16-256",
    "siglip2-so400m": "google/siglip2-so400m-patch14-384",
    "siglip2-giant": "google/siglip2-giant-opt-patch16-384",
    "siglip2-naflex": "google/siglip2-base-patch16-naflex",
    "clip-base": "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
    "clip-large": "openai/clip-vit-large-patch14",
}

DEMO_DIR = Path(__file__).parent / "demo" / "weights"
PHOTO_DIR = Path(__file__).parent / "photo" / "weights"
SHIPPED: dict[str, Path] = {"photo": PHOTO_DIR, "demo": DEMO_DIR}
"""Checkpoints that come with the package."""

_FAMILIES: dict[str, Family] = {"siglip2": "naflex", "clip": "clip", "photo_siglip": "photo"}
"""By ``model_type``, but for ``siglip``: see `_family`."""
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_INDEX = "model.safetensors.index.json"
_TOKENIZERS = ("tokenizer.json", "spiece.model", "tokenizer.model", "vocab.json")
_PREPROCESSORS = ("preprocessor_config.json", "processor_config.json")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that is complete on disk.

    Attributes:
        name: the spec it was resolved from.
        path: its folder.
        family: decides the text rules, the model class and the score mode.
        card: its ``mm_agent.json``, or the empty card.
        weights: its safetensors files, sorted by name; for the photo family the tower's file follows them.
    """

    name: str
    path: Path
    family: Family
    card: Card
    weights: tuple[Path, ...]


def resolve_checkpoint(spec: str) -> Checkpoint:
    """Finds the checkpoint that `spec` names, fetching it from the hub when needed.

    Args:
        spec: ``photo``, ``demo``, an alias (see `ALIASES`), ``hub:owner/name``, ``owner/name`` or a local
            folder. An existing folder wins over a hub id of the same spelling.

    Raises:
        CheckpointError: unknown spec, unreachable hub, missing file, pickled weights only or a foreign
            family.
        MissingDependency: the package of the photo family's tower is not installed.
    """
    path = _locate(spec.strip())
    config = _read_json(path, "config.json")
    card = read_card(path)
    weights = _weight_files(path)
    _require_one_of(path, _PREPROCESSORS, "image preprocessor")
    _require_one_of(path, _TOKENIZERS, "tokenizer")
    family = _family(path, config, card)
    if family == "photo":
        weights = (*weights, tower_weights())
    return Checkpoint(spec, path, family, card, weights)


def _locate(spec: str) -> Path:
    if spec in SHIPPED:
        return SHIPPED[spec]
    if spec in ALIASES:
        return fetch(ALIASES[spec])
    if spec.startswith("hub:"):
        return fetch(_hub_id(spec.removeprefix("hub:"), spec))
    folder = Path(spec).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise CheckpointError(
            f"{spec!r} is a file; pass the folder that holds config.json and the safetensors"
        )
    if spec.startswith((".", "/", "~")) or not _HUB_ID.fullmatch(spec):
        known = ", ".join([*SHIPPED, *ALIASES])
        raise CheckpointError(
            f"no checkpoint {spec!r}: not a folder and not one of {known}, or owner/name on the hub"
        )
    return fetch(spec)


def _hub_id(text: str, spec: str) -> str:
    if not _HUB_ID.fullmatch(text):
        raise CheckpointError(f"{spec!r} is not a hub id; write it as hub:owner/name")
    return text


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    try:
        value = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{folder} has no {name}; it is not a complete transformers checkpoint"
        ) from error
    except ValueError as error:
        raise CheckpointError(
            f"{folder / name} is not readable JSON ({error}); fetch the checkpoint again"
        ) from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{folder / name} holds no JSON object; fetch the checkpoint again")
    return value


def _weight_files(folder: Path) -> tuple[Path, ...]:
    if (folder / _INDEX).is_file():
        names = sorted(set(_read_json(folder, _INDEX).get("weight_map", {}).values()))
    else:
        names = ["model.safetensors"]
    missing = [name for name in names if not (folder / name).is_file()]
    if not missing and names:
        return tuple(folder / name for name in names)
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")):
        raise CheckpointError(
            f"{folder} has pickled weights only, which can run code and are refused; "
            "convert them to model.safetensors"
        )
    raise CheckpointError(
        f"{folder} has no {missing[0] if missing else 'weights'}; fetch the checkpoint again"
    )


def _require_one_of(folder: Path, names: tuple[str, ...], what: str) -> None:
    if not any((folder / name).is_file() for name in names):
        raise CheckpointError(
            f"{folder} has no {what} ({' or '.join(names)}); copy it from the original checkpoint"
        )


def _family(folder: Path, config: dict[str, Any], card: Card) -> Family:
    """SigLIP 1 and fixed-size SigLIP 2 share ``model_type: siglip``; the tokenizer tells them apart."""
    kind = config.get("model_type")
    if kind == "siglip":
        if card.family == "demo":
            return "demo"
        return "siglip2" if _has_gemma_tokenizer(folder) else "siglip"
    if kind in _FAMILIES:
        return _FAMILIES[kind]
    raise CheckpointError(
        f"{folder} is a {kind!r} checkpoint; "
        "this encoder reads siglip, siglip2, photo_siglip and clip models with both towers"
    )


def _has_gemma_tokenizer(folder: Path) -> bool:
    if not (folder / "tokenizer_config.json").is_file():
        return not (folder / "spiece.model").is_file()
    name = _read_json(folder, "tokenizer_config.json").get("tokenizer_class") or ""
    return not name.startswith("SiglipTokenizer")
