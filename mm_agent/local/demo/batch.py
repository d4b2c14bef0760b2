"""Tokens a step learns from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

IGNORED = -100


@dataclass
class Batch:
    """Tokens of dialogues that share a prefix.

    Attributes:
        prefix: (P,) the system turn; may be empty.
        tokens: (B, L) the dialogues, padded on the right.
        targets: (B, L) what comes next where the model is to learn it, else ``IGNORED``.
    """

    prefix: Tensor
    tokens: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(
            *(part.to(device, non_blocking=True) for part in (self.prefix, self.tokens, self.targets))
        )
