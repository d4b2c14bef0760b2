"""Pictures as soft tokens: patch features projected into a language model's embedding space.

The public names load on first use, so that importing this package loads no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.lazy import lazy_names

if TYPE_CHECKING:
    from mm_agent.projection.soft.config import ProjectorConfig
    from mm_agent.projection.soft.identity import language_model_fingerprint
    from mm_agent.projection.soft.look import SoftEyes, SoftPrompt
    from mm_agent.projection.soft.projector import Projector, make_projector

_HOMES = {
    "Projector": ".projector",
    "ProjectorConfig": ".config",
    "SoftEyes": ".look",
    "SoftPrompt": ".look",
    "language_model_fingerprint": ".identity",
    "make_projector": ".projector",
}

__all__ = [
    "Projector",
    "ProjectorConfig",
    "SoftEyes",
    "SoftPrompt",
    "language_model_fingerprint",
    "make_projector",
]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
