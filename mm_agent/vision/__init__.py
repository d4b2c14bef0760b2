"""SigLIP looks: pictures and texts to vectors, patch features, heat maps, counts and places.

The public names load on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.lazy import lazy_names

if TYPE_CHECKING:
    from mm_agent.projection.send import send_features_to_llm
    from mm_agent.vision.encoder import SiglipEncoder
    from mm_agent.vision.feature_maps import extract_features_from_image, show_feature_map
    from mm_agent.vision.tower import SiglipVisionTower, VisionTowerConfig

_HOMES = {
    "SiglipEncoder": ".encoder",
    "SiglipVisionTower": ".tower",
    "VisionTowerConfig": ".tower",
    "extract_features_from_image": ".feature_maps",
    "show_feature_map": ".feature_maps",
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


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
