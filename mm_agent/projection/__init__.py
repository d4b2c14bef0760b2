"""Features and evidence as prompt text, within a token budget.

``send_features_to_llm`` is loaded on first use: only it needs LangChain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mm_agent.projection.budget import estimate_tokens
from mm_agent.projection.evidence import (
    AnyEvidence,
    CountEvidence,
    FeatureEvidence,
    LabelEvidence,
    LocationEvidence,
    MatchEvidence,
    parse_evidence,
)
from mm_agent.projection.evidence_base import Evidence, LabelScore
from mm_agent.projection.map_evidence import FeatureMapEvidence
from mm_agent.projection.text import evidence_to_text, features_to_text

if TYPE_CHECKING:
    from mm_agent.projection.send import send_features_to_llm

__all__ = [
    "AnyEvidence",
    "CountEvidence",
    "Evidence",
    "FeatureEvidence",
    "FeatureMapEvidence",
    "LabelEvidence",
    "LabelScore",
    "LocationEvidence",
    "MatchEvidence",
    "estimate_tokens",
    "evidence_to_text",
    "features_to_text",
    "parse_evidence",
    "send_features_to_llm",
]


def __getattr__(name: str) -> Any:
    """Load ``send_features_to_llm``, which needs LangChain, only when it is asked for."""
    if name != "send_features_to_llm":
        raise AttributeError(f"module 'mm_agent.projection' has no attribute '{name}'")
    from mm_agent.projection.send import send_features_to_llm

    return send_features_to_llm
