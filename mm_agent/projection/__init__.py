"""Features and evidence as prompt text, within a token budget.

``send_features_to_llm`` is loaded on first use: only it needs LangChain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.lazy import lazy_names
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


# It needs LangChain, so that it is loaded only when it is asked for.
__getattr__, __dir__ = lazy_names(__name__, {"send_features_to_llm": ".send"})
