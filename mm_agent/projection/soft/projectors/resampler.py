"""A fixed number of learned queries that read the patches (perceiver resampler).

Flamingo (arXiv 2204.14198, section 3.1 and its pseudo code); Apollo (arXiv 2412.10360) finds it the best way
to a token budget for clips. As there, the queries attend to the features and to themselves at once. Positions
are added to the features, because SigLIP's last layers hardly keep them; they are learned, and start as sines
and cosines of row and column, as Qwen-VL's (arXiv 2308.12966, section 2.1): from small random numbers,
queries hardly find out where things are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mm_agent.projection.soft.config import ProjectorConfig


class Resampler(nn.Module):
    """Any picture to ``queries`` tokens."""

    def __init__(self, config: ProjectorConfig) -> None:
        super().__init__()
        width = config.hidden or config.vision_width
        self.read = nn.Sequential(nn.LayerNorm(config.vision_width), nn.Linear(config.vision_width, width))
        places = sines(*config.grid, width)
        pooled = torch.zeros(config.features - len(places), width)
        self.positions = nn.Parameter(torch.cat([places, pooled]) / 2)
        self.queries = nn.Parameter(torch.randn(config.queries, width))
        self.blocks = nn.ModuleList(ResamplerBlock(width, config.heads) for _ in range(config.depth))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, config.text_width)

    def forward(self, features: Tensor) -> Tensor:
        """(B, N, D_vision) to (B, queries, D_text)."""
        media = self.read(features) + self.positions  # (B, N, width)
        latents = self.queries.expand(len(features), -1, -1)  # (B, Q, width)
        for block in self.blocks:
            latents = block(latents, media)
        return self.out(self.norm(latents))


def sines(rows: int, cols: int, width: int) -> Tensor:
    """(rows · cols, width) sines and cosines of row and column at growing wavelengths, zero where four do not
    divide the width (arXiv 1706.03762, section 3.5, for two axes).
    """
    pace = 0.01 ** (torch.arange(width // 4) / max(1, width // 4))  # (width / 4,)

    def waves(count: int) -> Tensor:
        angles = torch.arange(count)[:, None] * pace
        return torch.cat([angles.sin(), angles.cos()], 1)  # (count, width / 2)

    down, across = waves(rows)[:, None].expand(-1, cols, -1), waves(cols).expand(rows, -1, -1)
    both = torch.cat([down, across], -1).flatten(0, 1)
    return F.pad(both, (0, width - both.shape[1]))


class ResamplerBlock(nn.Module):
    """Attention of the queries to features and queries, then a feed-forward layer, both residual."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.media_norm, self.latent_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.merge = nn.Linear(width, width, bias=False)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, latents: Tensor, media: Tensor) -> Tensor:
        """(B, Q, width) reading (B, N, width)."""
        normed = self.latent_norm(latents)
        both = torch.cat([self.media_norm(media), normed], 1)  # (B, N + Q, width)
        query, key, value = (
            self._split(part) for part in (self.query(normed), *self.key_value(both).chunk(2, -1))
        )  # each (B, heads, length, width / heads)
        seen = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)  # (B, Q, width)
        latents = latents + self.merge(seen)
        return latents + self.feed(latents)

    def _split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)
