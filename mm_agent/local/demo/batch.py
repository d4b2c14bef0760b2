"""Tokens a step learns from."""

from __future__ import annotations

from dataclasses import dataclass

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
