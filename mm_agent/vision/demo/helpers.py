"""Heads that teach the vision tower what scenes hold while it has no words yet; dropped after training."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F
from transformers.modeling_outputs import BaseModelOutputWithPooling

from mm_agent.vision.demo.batches import EDGE, Batch
from mm_agent.vision.vocabulary import COLOURS, concepts

BACKGROUND_WEIGHT = 0.1
CENTRE_WEIGHT = 6.0


class Helpers(nn.Module):
    """Object, count and colour from the pooled vector; object and centre of a thing from every patch.

    Patch labels (token labelling, arXiv 2104.10858) teach much faster than one label a picture, and a
    picture's centres are what there is to count.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.objects = nn.Linear(width, len(concepts()))
        self.counts = nn.Linear(width, 4)
        self.colours = nn.Linear(width, len(COLOURS))
        self.patches = nn.Linear(width, len(concepts()) + 1)
        self.centres = nn.Linear(width, 1)

    def forward(self, vision: BaseModelOutputWithPooling, batch: Batch) -> torch.Tensor:
        """The sum of all heads' losses, a scalar."""
        assert vision.pooler_output is not None
        assert vision.last_hidden_state is not None
        pooled, hidden = vision.pooler_output.float(), vision.last_hidden_state  # (B, D), (B, N, D)
        # Only a scene of one kind has "the" count.
        count = torch.where(batch.kinds[:, 1] < 0, batch.counts[:, 0] - 1, -100)
        # Most patches are background: they count for little.
        weights = torch.ones(len(concepts()) + 1, device=pooled.device)
        weights[-1] = BACKGROUND_WEIGHT
        patches = self.patches(hidden).float().flatten(0, 1)  # (B * N, concepts + 1)
        return (
            self._object_loss(pooled, batch.kinds)
            + F.cross_entropy(self.colours(pooled), batch.colours)
            + 3 * F.cross_entropy(self.counts(pooled), count, ignore_index=-100)
            + F.cross_entropy(patches, batch.patches.flatten(), weights, ignore_index=EDGE)
            + self._centre_loss(hidden, batch.centres)
        )

    def _centre_loss(self, hidden: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of "a thing has its centre here". (B, N, D), (B, N) -> ()."""
        guess = self.centres(hidden).float()[..., 0]  # (B, N)
        weight = torch.tensor(CENTRE_WEIGHT, device=guess.device)
        return F.binary_cross_entropy_with_logits(guess, centres, pos_weight=weight)

    def _object_loss(self, pooled: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
        """Cross-entropy against the scene's one or two kinds in equal shares. (B, D), (B, 2) -> ()."""
        guess = self.objects(pooled)
        shares = torch.zeros_like(guess).scatter_add_(1, kinds.clamp(min=0), (kinds >= 0).to(guess))
        return F.cross_entropy(guess, shares / shares.sum(-1, keepdim=True))
