"""Probabilities that mean what they say, and the cut from which a label is there; both on validation data.

Platt scaling (Platt 1999, with its smoothed targets) where several labels may be right, a label's own where
it occurs often enough; one temperature (Guo et al. 2017, arXiv 1706.04599) where exactly one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

FEWEST = 100
"""Fewer positives or negatives than this bend a label's own curve; the labels' common one stands in."""


@dataclass(frozen=True)
class Calibration:
    """``probability = sigmoid(slope * logit + shift)``, or the softmax of that; one of each a label."""

    slopes: tuple[float, ...]
    shifts: tuple[float, ...]


def calibrate(logits: Tensor, targets: Tensor, *, exclusive: bool) -> Calibration:
    """Fit on validation logits and targets, both (N, M)."""
    labels = logits.shape[1]
    if exclusive:
        slope = _minimise(
            lambda log_slope: F.cross_entropy(logits * log_slope.exp(), targets.argmax(1)), torch.zeros(1)
        )
        return Calibration((float(slope.exp()),) * labels, (0.0,) * labels)
    common = _platt(logits.flatten(), targets.flatten())
    pairs = []
    for column in range(labels):
        positives = int(targets[:, column].sum())
        enough = min(positives, len(targets) - positives) >= FEWEST
        pairs.append(_platt(logits[:, column], targets[:, column]) if enough else common)
    return Calibration(tuple(slope for slope, _ in pairs), tuple(shift for _, shift in pairs))


def _platt(logits: Tensor, targets: Tensor) -> tuple[float, float]:
    positives, total = float(targets.sum()), len(targets)
    smooth = torch.where(
        targets > 0, (positives + 1) / (positives + 2), 1 / (total - positives + 2)
    )  # Platt's: a separable label must not become certain
    found = _minimise(
        lambda pair: F.binary_cross_entropy_with_logits(pair[0].exp() * logits + pair[1], smooth),
        torch.zeros(2),
    )
    return float(found[0].exp()), float(found[1])  # a slope below 0 would turn the order around


def _minimise(loss, start: Tensor) -> Tensor:
    value = start.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([value], max_iter=100, line_search_fn="strong_wolfe")

    def step() -> Tensor:
        optimizer.zero_grad()
        now = loss(value)
        now.backward()
        return now

    optimizer.step(step)  # pyright: ignore[reportArgumentType]
    return value.detach()


def tune_thresholds(probabilities: np.ndarray, targets: np.ndarray) -> list[float]:
    """For each label the cut with the best F1 on validation data, half-way between two scores; 0.5 without
    positives. Both arguments (N, M)."""
    return [_best_cut(probabilities[:, column], targets[:, column]) for column in range(targets.shape[1])]


def _best_cut(scores: np.ndarray, truth: np.ndarray) -> float:
    if not truth.any():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    ranked = scores[order]
    last_of_ties = np.append(ranked[:-1] > ranked[1:], True)
    best = int(np.argmax(np.where(last_of_ties, f1, -1)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float(np.clip((ranked[best] + below) / 2, 1e-6, 1 - 1e-6))


def calibration_error(probabilities: np.ndarray, targets: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Naeini et al. 2015) over all pairs of picture and label."""
    scores, truth = probabilities.ravel(), targets.ravel()
    index = np.minimum((scores * bins).astype(int), bins - 1)
    sums: Sequence[float] = [
        abs(scores[index == number].sum() - truth[index == number].sum()) for number in range(bins)
    ]
    return float(sum(sums) / len(scores))
