"""Blocks of neighbouring patches side by side, then one matrix (nanoVLM, `models/modality_projector.py`).

A block of f x f patches becomes one token of f² times the width, so that nothing is lost before the matrix;
Idefics3 (arXiv 2408.12637) and InternVL 1.5 (arXiv 2404.16821) shorten pictures in the same way.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mm_agent.projection.soft.config import ProjectorConfig


class PixelShuffleProjector(nn.Module):
    """N features to N / factor² tokens; the pooled vector has no neighbours and a matrix of its own."""

    def __init__(self, config: ProjectorConfig) -> None:
        super().__init__()
        self.grid, self.factor = config.grid, config.factor
        self.out = nn.Linear(config.vision_width * config.factor**2, config.text_width)
        self.pooled = nn.Linear(config.vision_width, config.text_width) if config.pooled else None

    def forward(self, features: Tensor) -> Tensor:
        """(B, N, D_vision) to (B, T, D_text)."""
        patches = self.grid[0] * self.grid[1]
        tokens = self.out(pixel_shuffle(features[:, :patches], self.grid, self.factor))  # (B, N / f², D_text)
        if self.pooled is None:
            return tokens
        return torch.cat([tokens, self.pooled(features[:, patches:])], 1)


def pixel_shuffle(features: Tensor, grid: tuple[int, int], factor: int) -> Tensor:
    """Patches (B, rows · cols, D) to blocks (B, rows · cols / f², f² · D), both row by row."""
    cells = features.unflatten(
        1, (grid[0] // factor, factor, grid[1] // factor, factor)
    )  # (B, R, f, C, f, D)
    return cells.transpose(2, 3).flatten(3).flatten(1, 2)  # (B, R, C, f² · D) -> (B, R · C, f² · D)
