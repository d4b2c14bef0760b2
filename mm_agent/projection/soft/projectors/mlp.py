"""Two layers, a GELU between: every patch becomes a token (LLaVA-1.5, arXiv 2310.03744, `mlp2x_gelu`)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from mm_agent.projection.soft.config import ProjectorConfig


class MlpProjector(nn.Module):
    """N features to N tokens."""

    def __init__(self, config: ProjectorConfig) -> None:
        super().__init__()
        inner = config.hidden or config.text_width
        self.inner = nn.Linear(config.vision_width, inner)
        self.out = nn.Linear(inner, config.text_width)

    def forward(self, features: Tensor) -> Tensor:
        """(B, N, D_vision) to (B, N, D_text)."""
        return self.out(F.gelu(self.inner(features)))  # (B, N, hidden) -> (B, N, D_text)
