"""A linear probe that starts from the label texts: zero-shot first, then what the labelled pictures add.

The head reads mean-pooled patch features, as transformers' image classifiers do, while texts are compared
with attention-pooled ones. The zero-shot head is therefore the ridge regression of the zero-shot logits on
the mean features of the training pictures; the probe is logistic regression drawn towards it, not to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.finetune.metrics import mean_average_precision
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.presence import language_of

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)
"""Tried strengths of the pull towards the zero-shot head; validation pictures choose."""
_RIDGE = 0.3
_STEPS = 200


@dataclass(frozen=True)
class LinearHead:
    """``logits = features @ weight.T + bias``, weight (M, D), bias (M,)."""

    weight: Tensor
    bias: Tensor

    def __call__(self, features: Tensor) -> Tensor:
        """Logits (N, M) of features (N, D)."""
        return features @ self.weight.T + self.bias


@dataclass(frozen=True)
class Scale:
    """The training features' mean and spread, (D,)."""

    centre: Tensor
    spread: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Scale:
        """Measure them on training features (N, D)."""
        return cls(features.mean(0), features.std(0).clamp_min(1e-6))

    def apply(self, features: Tensor) -> Tensor:
        """Features with mean 0 and spread 1."""
        return (features - self.centre) / self.spread

    def fold(self, weight: Tensor, bias: Tensor) -> LinearHead:
        """A head on scaled features as one on plain features."""
        plain = weight / self.spread
        return LinearHead(plain, bias - plain @ self.centre)


def text_logits(encoder: SiglipEncoder, attended: Tensor, labels: Sequence[str]) -> Tensor:
    """Zero-shot logits (N, M) of attention-pooled vectors (N, D)."""
    words = [label.replace("_", " ") for label in labels]
    templates = encoder.default_templates(language_of(words))
    vectors = encoder.embed_texts(words, templates=templates)
    return encoder.logits_of(F.normalize(attended, dim=-1), vectors)


def zero_shot_head(features: Tensor, wanted: Tensor) -> LinearHead:
    """The head whose logits on `features` (N, D) come closest to `wanted` (N, M): ridge regression."""
    scale = Scale.of(features)
    x = scale.apply(features).double()
    bias = wanted.double().mean(0)
    gram = x.T @ x + _RIDGE * len(x) ** 0.5 * torch.eye(x.shape[1], dtype=x.dtype)
    weight = torch.linalg.solve(gram, x.T @ (wanted.double() - bias)).T
    return scale.fold(weight.float(), bias.float())


@dataclass(frozen=True)
class Probe:
    """A fitted probe and the penalty that did best."""

    head: LinearHead
    penalty: float


def fit_probe(
    features: Tensor,
    targets: Tensor,
    start: LinearHead,
    *,
    exclusive: bool,
    validation: tuple[Tensor, Tensor],
) -> Probe:
    """Logistic regression from `start`, the penalty chosen by the validation pictures' mean AP.

    Args:
        features: (N, D) training features, not normalised.
        targets: (N, M) of 0 and 1.
        start: the zero-shot head.
        exclusive: cross-entropy over the labels, else a sigmoid each.
        validation: features and targets to choose by.
    """
    probes = [Probe(_fit(features, targets, start, exclusive, penalty), penalty) for penalty in PENALTIES]
    held, truth = validation
    return max(probes, key=lambda probe: mean_average_precision(probe.head(held), truth))


def _fit(features: Tensor, targets: Tensor, start: LinearHead, exclusive: bool, penalty: float) -> LinearHead:
    """One convex problem, by L-BFGS on scaled features."""
    scale = Scale.of(features)
    x, y = scale.apply(features), targets.float()
    first = (start.weight * scale.spread, start(scale.centre[None])[0])
    weight, bias = (part.clone().requires_grad_(True) for part in first)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = x @ weight.T + bias
        fit = (
            F.cross_entropy(logits, y.argmax(1))
            if exclusive
            else F.binary_cross_entropy_with_logits(logits, y, reduction="none").sum(1).mean()
        )
        value = fit + penalty * (weight - first[0]).square().sum()
        value.backward()
        return value

    optimizer.step(loss)  # pyright: ignore[reportArgumentType]
    return scale.fold(weight.detach(), bias.detach())
