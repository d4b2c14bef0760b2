"""AdamW with a cosine schedule, and the running average of the weights."""

from __future__ import annotations

import math

import torch
from torch import nn

from training.photo.config import StageConfig
from training.photo.learner import Learner

_SCALAR_RATE = 5.0
_BETAS = (0.9, 0.95)


def make_optimizer(config: StageConfig, learner: Learner) -> torch.optim.AdamW:
    """Weight decay on matrices; scales and the bias learn five times as fast, by their group's `factor`."""
    scalars = learner.scalars()
    taken = {id(parameter) for parameter in scalars}
    rest = [parameter for parameter in learner.trained_parameters() if id(parameter) not in taken]
    groups = [
        {"params": [p for p in rest if _is_matrix(p)], "weight_decay": config.weight_decay, "factor": 1.0},
        {"params": [p for p in rest if not _is_matrix(p)], "weight_decay": 0.0, "factor": 1.0},
        {"params": scalars, "weight_decay": 0.0, "factor": _SCALAR_RATE},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=_BETAS)


def _is_matrix(parameter: nn.Parameter) -> bool:
    """False too for positions and probes, which have a leading 1."""
    return parameter.ndim >= 2 and parameter.shape[0] != 1


def set_rate(optimizer: torch.optim.Optimizer, step: int, config: StageConfig) -> None:
    """A linear warm-up times half a cosine, or the part of it that the stage is."""
    turned = math.pi * config.schedule_share * step / config.steps
    rate = config.learning_rate * min(1.0, (step + 1) / config.warmup)
    rate *= 0.5 * (1 + math.cos(turned))
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, step: int, decay: float) -> None:
    """Exponential moving average of the trained weights, with a shorter memory in the first steps."""
    decay = min(decay, (1 + step) / (10 + step))
    for mean, new in zip(average.parameters(), model.parameters(), strict=True):
        if new.requires_grad:
            mean.lerp_(new, 1 - decay)
