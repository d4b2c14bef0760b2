"""SigLIP looks: pictures and texts to vectors, patch features, heat maps, counts and places.

The public names load on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mm_agent.projection.send import send_features_to_llm
    from mm_agent.vision.encoder import SiglipEncoder
    from mm_agent.vision.feature_maps import extract_features_from_image, show_feature_map
    from mm_agent.vision.tower import SiglipVisionTower, VisionTowerConfig

_HOMES = {
    "SiglipEncoder": "mm_agent.vision.encoder",
    "SiglipVisionTower": "mm_agent.vision.tower",
    "VisionTowerConfig": "mm_agent.vision.tower",
    "extract_features_from_image": "mm_agent.vision.feature_maps",
    "show_feature_map": "mm_agent.vision.feature_maps",
    "send_features_to_llm": "mm_agent.projection.send",
}

__all__ = [
    "SiglipEncoder",
    "SiglipVisionTower",
    "VisionTowerConfig",
    "extract_features_from_image",
    "send_features_to_llm",
    "show_feature_map",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
