"""The mean of each block of neighbouring patches, then two layers (as DeCo, arXiv 2405.20985)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.projectors.mlp import MlpProjector


class AveragePoolProjector(nn.Module):
    """N features to N / factor² tokens; the pooled vector goes through the same layers."""

    def __init__(self, config: ProjectorConfig) -> None:
        super().__init__()
        self.grid, self.factor = config.grid, config.factor
        self.mlp = MlpProjector(config)

    def forward(self, features: Tensor) -> Tensor:
        """(B, N, D_vision) to (B, T, D_text)."""
        patches = self.grid[0] * self.grid[1]
        blocks = average_blocks(features[:, :patches], self.grid, self.factor)  # (B, N / f², D_vision)
        return self.mlp(torch.cat([blocks, features[:, patches:]], 1))


def average_blocks(features: Tensor, grid: tuple[int, int], factor: int) -> Tensor:
    """Patches (B, rows · cols, D) to the means of their f x f blocks (B, rows · cols / f², D), row by row."""
    cells = features.unflatten(
        1, (grid[0] // factor, factor, grid[1] // factor, factor)
    )  # (B, R, f, C, f, D)
    return cells.mean((2, 4)).flatten(1, 2)
