"""How good a head is: average precision, F1 at its thresholds, precision-recall curves, what it mixes up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from mm_agent.finetune.calibration import calibration_error

CURVE_POINTS = 51


def average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """Area under the precision-recall curve as a sum over hits, ties counted together; nan without any."""
    if not truth.any():
        return float("nan")
    precision, recall = precision_recall(scores, truth)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def precision_recall(scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall when the best 1, 2, ... scores are taken; equal scores are taken together."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends = np.flatnonzero(np.append(ranked[:-1] != ranked[1:], True))
    hits = np.cumsum(truth[order])[ends]
    return hits / (ends + 1), hits / max(int(truth.sum()), 1)


def mean_average_precision(logits: Tensor, targets: Tensor) -> float:
    """Mean of the labels' average precision, over labels that occur; both (N, M)."""
    scores, truth = logits.float().numpy(), targets.numpy()
    return _mean([average_precision(scores[:, m], truth[:, m]) for m in range(truth.shape[1])])


def measure(
    probabilities: np.ndarray,
    targets: np.ndarray,
    thresholds: Sequence[float],
    labels: Sequence[str],
    *,
    exclusive: bool,
) -> dict[str, Any]:
    """Everything the report shows.

    Args:
        probabilities: (N, M), calibrated.
        targets: (N, M) of 0 and 1.
        thresholds: one a label.
        labels: their names.
        exclusive: the best label is the answer, whatever its threshold.
    """
    said = np.zeros_like(targets)
    if exclusive:
        said[np.arange(len(targets)), probabilities.argmax(1)] = 1
    else:
        said = (probabilities >= np.array(thresholds)).astype(np.int64)
    rows = {
        label: _of_label(probabilities[:, m], targets[:, m], said[:, m], thresholds[m])
        for m, label in enumerate(labels)
    }
    hits, claims, truths = (int(part.sum()) for part in (said & targets, said, targets))
    whole = {
        "pictures": len(targets),
        "mAP": _mean([row["average_precision"] for row in rows.values()]),
        "micro_f1": _f1(hits, claims, truths),
        "macro_f1": _mean([row["f1"] for row in rows.values() if row["pictures"]]),
        "exact_match": float((said == targets).all(1).mean()),
        "calibration_error": calibration_error(probabilities, targets),
    }
    return whole | {"labels": rows, "confusion": (targets.T @ said).tolist()}


def _of_label(scores: np.ndarray, truth: np.ndarray, said: np.ndarray, threshold: float) -> dict[str, Any]:
    hits, claims, there = int((said & truth).sum()), int(said.sum()), int(truth.sum())
    precision, recall = precision_recall(scores, truth)
    evenly = np.searchsorted(recall, np.linspace(recall[0], recall[-1], CURVE_POINTS))
    shown = np.unique(evenly)
    return {
        "pictures": there,
        "average_precision": _number(average_precision(scores, truth)),
        "precision": hits / claims if claims else 0.0,
        "recall": hits / there if there else 0.0,
        "f1": _f1(hits, claims, there),
        "threshold": float(threshold),
        "curve": {"recall": recall[shown].round(4).tolist(), "precision": precision[shown].round(4).tolist()},
    }


def _f1(hits: int, claims: int, there: int) -> float:
    return 2 * hits / (claims + there) if claims + there else 0.0


def _number(value: float) -> float | None:
    """JSON has no nan."""
    return None if np.isnan(value) else value


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None and not np.isnan(value)]
    return float(np.mean(known)) if known else 0.0
