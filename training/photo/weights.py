"""The averaged weights that a run saves, without the tower: `average-1.pt` of its first stage, and so on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from mm_agent.errors import FinetuneError
from mm_agent.vision.families.photo_model import TOWER_PREFIX, PhotoModel


def average_path(run: Path, stage: int) -> Path:
    """Where a stage's weights are; the first is 1."""
    return run / f"average-{stage}.pt"


def latest_average(run: Path, stages: int) -> Path:
    """The weights of the last stage that saved any.

    Raises:
        FinetuneError: there are none.
    """
    for stage in range(stages, 0, -1):
        if average_path(run, stage).is_file():
            return average_path(run, stage)
    raise FinetuneError(
        f"{average_path(run, 1)} is missing: the run has saved no weights yet; train it first"
    )


def save_weights(model: PhotoModel, path: Path) -> None:
    """Writes them, whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(model.trained_state(), part)
    os.replace(part, path)


def load_weights(model: PhotoModel, path: Path) -> None:
    """Reads them into a model; its tower stays as it is.

    Raises:
        FinetuneError: they are of another version of the model.
    """
    state: Mapping[str, Tensor] = torch.load(path, weights_only=True)
    state = {name: weight for name, weight in state.items() if not name.startswith(TOWER_PREFIX)}
    odd = sorted(state.keys() ^ model.trained_state().keys())
    if odd:
        raise FinetuneError(f"{path} is of another version of the model ({odd[0]}); train anew")
    model.load_state_dict(state, strict=False)
