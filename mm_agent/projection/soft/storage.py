"""A projector's folder: the config as JSON, the weights as safetensors, and the weights' hash in the config.

The hash ties the two files together: weights of one save with the config of another, or a file cut short in
copying, never load.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save

from mm_agent.errors import ProjectorError
from mm_agent.media.atomic import atomic_folder
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.projector import Projector

DEMO_DIR = Path(__file__).parents[1] / "demo" / "weights"
CONFIG = "projector.json"
WEIGHTS = "projector.safetensors"


def find_projector(spec: str | Path) -> Path:
    """The folder a person means: ``demo`` is the one that comes with this package."""
    return DEMO_DIR if str(spec) == "demo" else Path(spec).expanduser()


def save_projector(projector: Projector, folder: Path) -> None:
    """Write a folder that holds the projector and nothing else, whole or not at all."""
    with atomic_folder(folder) as draft:
        write_projector(projector, draft)


def write_projector(projector: Projector, folder: Path) -> None:
    """Write both files into a folder that is being made.

    Raises:
        ProjectorError: A weight is not a finite number.
    """
    state = {name: value.detach().cpu().contiguous() for name, value in projector.state_dict().items()}
    bad = [name for name, value in state.items() if not torch.isfinite(value).all()]
    if bad:
        raise ProjectorError(
            f"the projector's {bad[0]} holds numbers that are not finite, so it is not saved; train it again "
            "with a lower learning rate"
        )
    data = save(state)
    record = projector.config.model_dump() | {
        "tokens": projector.config.tokens,
        "weights": hashlib.sha256(data).hexdigest(),
    }
    (folder / WEIGHTS).write_bytes(data)
    (folder / CONFIG).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_projector(folder: Path, *, encoder: str | None, language_model: str | None) -> Projector:
    """See `Projector.from_pretrained`."""
    record = _read_config(folder)
    expected = record.pop("weights", None)
    config = ProjectorConfig(**record)
    require_fit(config, folder, encoder=encoder, language_model=language_model)
    try:
        data = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise ProjectorError(
            f"{folder} has no readable {WEIGHTS}; it was not copied in full: copy or train it again"
        ) from error
    if hashlib.sha256(data).hexdigest() != expected:
        raise ProjectorError(
            f"{folder / WEIGHTS} does not belong to the {CONFIG} beside it; copy or train the projector again"
        )
    projector = Projector(config)
    try:
        projector.load_state_dict(load(data))
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise ProjectorError(f"{folder}: the weights do not fit the config: {reason}") from error
    return projector.float().eval()


def require_fit(
    config: ProjectorConfig, folder: Path | str, *, encoder: str | None, language_model: str | None
) -> None:
    """Hold a projector to the fingerprints it will be used with.

    Raises:
        ProjectorError: One differs; the message names both.
    """
    for what, made_for, name, given in (
        ("encoder", config.encoder, config.encoder_name, encoder),
        ("language model", config.language_model, config.language_model_name, language_model),
    ):
        if given is not None and given != made_for:
            known = f"{name} ({made_for})" if name else made_for or "none in particular"
            raise ProjectorError(
                f"{folder} was made for the {what} {known}, but this {what} is {given}; load that {what}, or "
                "train a projector for this one: mm-agent finetune projector"
            )


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProjectorError(
            f"{folder} has no {CONFIG}; name a folder that mm-agent finetune projector wrote"
        ) from error
    except (OSError, ValueError) as error:
        raise ProjectorError(f"{path} cannot be read as JSON; copy or train the projector again") from error
    if not isinstance(record, dict):
        raise ProjectorError(f"{path} is not a JSON object; copy or train the projector again")
    return record
