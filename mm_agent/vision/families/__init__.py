"""One backbone a family: how transformers' classes are driven. `load_backbone` picks the right one."""

from __future__ import annotations

from mm_agent.vision.families.base import Backbone, ScoreMode
from mm_agent.vision.families.loading import load_backbone

__all__ = ["Backbone", "ScoreMode", "load_backbone"]
