"""What decides the result of a training run."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A picture size in pixels, the share of all steps when it ends, whether only the helpers teach."""

    picture_size: int
    until: float
    supervised: bool = False


@dataclass(frozen=True)
class TrainRules:
    """Everything that decides the result."""

    steps: int
    batch_size: int = 64
    peak_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup: int = 300
    decay_from: float = 0.58
    helper_weight: float = 2.0
    seed: int = 20261123
    width: int = 192
    layers: int = 6
    stages: tuple[Stage, ...] = (Stage(48, 0.44, supervised=True), Stage(64, 1.0))


def rate_at(step: int, rules: TrainRules) -> float:
    """Warm-up, a plateau, then a half cosine to zero."""
    if step < rules.warmup:
        return rules.peak_rate * (step + 1) / rules.warmup
    start = rules.decay_from * rules.steps
    if step < start:
        return rules.peak_rate
    return rules.peak_rate * 0.5 * (1 + math.cos(math.pi * (step - start) / (rules.steps - start)))
