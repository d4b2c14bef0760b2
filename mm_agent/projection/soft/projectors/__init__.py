"""The five ways from patch features to soft tokens, one a file, each (B, N, D_vision) to (B, T, D_text)."""

from __future__ import annotations

from torch import nn

from mm_agent.projection.soft.config import Kind, ProjectorConfig
from mm_agent.projection.soft.projectors.average_pool import AveragePoolProjector
from mm_agent.projection.soft.projectors.linear import LinearProjector
from mm_agent.projection.soft.projectors.mlp import MlpProjector
from mm_agent.projection.soft.projectors.pixel_shuffle import PixelShuffleProjector
from mm_agent.projection.soft.projectors.resampler import Resampler

_KINDS: dict[Kind, type[nn.Module]] = {
    "linear": LinearProjector,
    "mlp": MlpProjector,
    "pixel_shuffle": PixelShuffleProjector,
    "resampler": Resampler,
    "average_pool": AveragePoolProjector,
}


def make_body(config: ProjectorConfig) -> nn.Module:
    """The module that does the projecting, untrained."""
    return _KINDS[config.kind](config)
