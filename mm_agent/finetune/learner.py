"""transformers' classifier as the Trainer sees it: bytes in, augmented and normalised here, a loss out.

Augmentation happens on whole batches and draws from torch's own generator on the CPU, whose state the Trainer
keeps in its checkpoints: a run that goes on augments as the uninterrupted one does, whatever the device.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALLEST = 0.6
"""Least share of a picture's area that a crop keeps: what a label names may be small."""
STRETCH = 4 / 3


class Classifier(nn.Module):
    """The model, its loss, and what happens to pixels before it."""

    mean: Tensor
    std: Tensor
    positive_weight: Tensor

    def __init__(
        self,
        model: Any,
        processor: Any,
        *,
        exclusive: bool,
        positive_weight: Tensor | None = None,
        augment: bool = True,
    ) -> None:
        super().__init__()
        self.model = model
        self._exclusive, self._augment = exclusive, augment
        weight = torch.ones(model.config.num_labels) if positive_weight is None else positive_weight
        self.register_buffer("positive_weight", weight, persistent=False)
        for name in ("mean", "std"):
            values = torch.tensor(getattr(processor, f"image_{name}")).view(1, 3, 1, 1)
            self.register_buffer(name, values, persistent=False)

    def forward(self, pixels: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Loss and logits (B, M) of uint8 pixels (B, 3, H, W) and targets (B, M)."""
        values = pixels.float() / 255
        if self.training and self._augment:
            values = crop_and_mirror(values)
        logits = self.model(pixel_values=(values - self.mean) / self.std).logits.float()
        if labels is None:
            return {"logits": logits}
        if self._exclusive:
            loss = F.cross_entropy(logits, labels.argmax(1), weight=self.positive_weight)
        else:
            loss = F.binary_cross_entropy_with_logits(logits, labels.float(), pos_weight=self.positive_weight)
        return {"loss": loss, "logits": logits}

    def trainable(self) -> dict[str, nn.Parameter]:
        """What learns, by name."""
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}


def crop_and_mirror(values: Tensor, *, mirror: bool = True) -> Tensor:
    """A random part of each picture at its full size; `mirror`: half of them mirrored. (B, 3, H, W)"""
    count = len(values)
    area = torch.empty(count).uniform_(SMALLEST, 1.0)
    stretch = torch.exp(torch.empty(count).uniform_(-1, 1) * torch.tensor(STRETCH).log())
    wide, high = ((area * stretch).sqrt().clamp_max(1), (area / stretch).sqrt().clamp_max(1))
    flip = torch.where((torch.rand(count) < 0.5) & torch.tensor(mirror), -1.0, 1.0)
    x, y = ((torch.rand(count) * 2 - 1) * (1 - side) for side in (wide, high))
    zero = torch.zeros(count)
    rows = (torch.stack([wide * flip, zero, x], 1), torch.stack([zero, high, y], 1))
    grid = F.affine_grid(torch.stack(rows, 1), list(values.shape), align_corners=False)  # (B, H, W, 2)
    return F.grid_sample(values, grid.to(values.device), padding_mode="reflection", align_corners=False)


def balancing_weights(targets: Tensor, *, exclusive: bool) -> Tensor:
    """How much more each label's positives count: pictures without it for each with it, at most 50. (M,)

    For labels that exclude each other: the mean count over each label's count.
    """
    positives = targets.sum(0).float().clamp_min(1)
    if exclusive:
        return positives.mean() / positives
    return ((len(targets) - positives) / positives).clamp(1, 50)
