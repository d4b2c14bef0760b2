"""The losses of a step, on unit vectors and logits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from training.photo.targets import UNKNOWN_WEIGHT


def sigmoid_loss(logits: Tensor, signs: Tensor, weights: Tensor | float = 1.0) -> Tensor:
    """SigLIP's loss (arXiv 2303.15343, equation 1): every pair is a yes-or-no question of its own.

    Args:
        logits: (B, M).
        signs: (B, M) 1 for pairs that belong together, -1 for others.
        weights: (B, M) of the pairs.

    Returns:
        The sum over texts, as a mean over images.
    """
    return -(F.logsigmoid(signs * logits) * weights).sum() / len(logits)


def contrastive_loss(scores: Tensor, same: Tensor) -> Tensor:
    """Softmax cross-entropy in both directions, as CLIP's: with few photographs it teaches ranking faster.

    Args:
        scores: (B, B), right pairs on the diagonal.
        same: (B, B) bool, pairs that are right too and count as neither.
    """
    own = scores.diagonal()
    others = same & ~torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    scores = scores.masked_fill(others, -1e4)
    return (scores.logsumexp(0) + scores.logsumexp(1) - 2 * own).mean() / 2


def name_loss(logits: Tensor, targets: Tensor, absent_weights: Tensor) -> Tensor:
    """The sigmoid loss of names.

    Their priors belong to the logits, in training only (logit adjustment, arXiv 2007.07314): frequent names
    would otherwise score high everywhere.

    Args:
        logits: (N, M).
        targets: (N, M) 1 there, 0 absent, -1 unknown.
        absent_weights: (M,) of each name where it is not there.
    """
    signs = torch.where(targets > 0, 1.0, -1.0)
    absent = torch.where(targets < 0, UNKNOWN_WEIGHT, 1.0) * absent_weights
    return sigmoid_loss(logits, signs, torch.where(targets > 0, 1.0, absent))


def classifier_loss(scores: Tensor, logits: Tensor, columns: Sequence[int]) -> Tensor:
    """Cross-entropy with a classifier over some of its classes; images of which it expects none have no say.

    Args:
        scores: (N, C) of the classes' names.
        logits: (N, all classes) of the classifier.
        columns: (C,) which of its classes these are.
    """
    expected = logits[:, columns].softmax(-1)
    share = logits.softmax(-1)[:, columns].sum(1)  # (N,)
    return -((expected * scores.log_softmax(-1)).sum(1) * share).mean()


def distance(vectors: Tensor, others: Tensor) -> Tensor:
    """Mean of 1 - cosine of unit vectors (M, D)."""
    return (1 - (vectors * others).sum(-1)).mean()
