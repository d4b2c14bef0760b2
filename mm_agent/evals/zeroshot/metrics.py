"""Metrics of scores against the truth; all from 0 to 1. # scores: (N pictures, M texts)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import average_precision_score, balanced_accuracy_score, top_k_accuracy_score

from mm_agent.evals.zeroshot.data import Task

BINS = 15
CUTS = (1, 5, 10)
Metrics = Mapping[str, float]


def measure(
    task: Task, logits: np.ndarray, probabilities: np.ndarray, true: Sequence[Sequence[int]]
) -> Metrics:
    """The metrics of a task.

    Args:
        task: Which.
        logits: (N, M).
        probabilities: (N, M); of a classification each row sums to 1, else each pair has its own.
        true: The right texts of each picture.
    """
    if task == "classification":
        return classification(logits, probabilities, np.array([own[0] for own in true]))
    truth = np.zeros(logits.shape, bool)
    for row, own in enumerate(true):
        truth[row, list(own)] = True
    return multi_label(logits, probabilities, truth) if task == "multi-label" else retrieval(logits, truth)


def classification(logits: np.ndarray, probabilities: np.ndarray, true: np.ndarray) -> Metrics:
    """Top-1, top-5, mean per-class recall, and the calibration error of the best label's probability."""
    count = logits.shape[1]
    best = logits.argmax(1)
    found = {"top-1": float((best == true).mean())}
    if count > 5:
        found["top-5"] = float(top_k_accuracy_score(true, logits, k=5, labels=np.arange(count)))
    found["mean per-class recall"] = float(_balanced(true, best))
    found["ECE"] = calibration_error(probabilities.max(1), best == true)
    return found


def _balanced(true: np.ndarray, best: np.ndarray) -> float:
    """The mean of recall over the classes that there are pictures of."""
    import warnings

    with warnings.catch_warnings():  # a wrong guess may be a class without pictures
        warnings.filterwarnings("ignore", "y_pred contains classes not in y_true")
        return float(balanced_accuracy_score(true, best))


def multi_label(logits: np.ndarray, probabilities: np.ndarray, truth: np.ndarray) -> Metrics:
    """Mean average precision over classes, and the calibration error of every pair's probability."""
    return {
        "mAP": float(average_precision_score(truth, logits, average="macro")),
        "ECE": calibration_error(probabilities.ravel(), truth.ravel()),
    }


def retrieval(logits: np.ndarray, truth: np.ndarray) -> Metrics:
    """R@k: how often one of the right ones is among the best k, from picture to text and back."""
    found: dict[str, float] = {}
    for name, scores, right in (("image to text", logits, truth), ("text to image", logits.T, truth.T)):
        order = np.argsort(-scores, axis=1, kind="stable")
        hits = np.take_along_axis(right, order, axis=1)
        found |= {f"{name} R@{k}": float(hits[:, :k].any(1).mean()) for k in CUTS if k < hits.shape[1]}
    return found


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error in 15 bins of equal width (Guo et al. 2017, arXiv 1706.04599)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    total = 0.0
    for index in np.unique(bins):
        inside = bins == index
        total += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(total)
