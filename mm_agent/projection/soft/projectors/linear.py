"""One matrix: every patch becomes one token (LLaVA, arXiv 2304.08485, section 4.1)."""

from __future__ import annotations

from torch import Tensor, nn

from mm_agent.projection.soft.config import ProjectorConfig


class LinearProjector(nn.Module):
    """N features to N tokens."""

    def __init__(self, config: ProjectorConfig) -> None:
        super().__init__()
        self.out = nn.Linear(config.vision_width, config.text_width)

    def forward(self, features: Tensor) -> Tensor:
        """(B, N, D_vision) to (B, N, D_text)."""
        return self.out(features)
