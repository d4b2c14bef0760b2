"""Similarity maps of a query, for the tools that say where."""

from __future__ import annotations

from torch import Tensor

from mm_agent.errors import ToolInputError
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.heatmap import text_heatmap
from mm_agent.vision.presence import language_of
from mm_agent_tools._inputs import Look


def require_regions(encoder: SiglipEncoder) -> None:
    """Refuse encoders that cannot score parts of a picture.

    Raises:
        ToolInputError: The encoder is a CLIP: no attention-pooling head, and it crops the picture.
    """
    if encoder.family == "clip":
        raise ToolInputError(
            "this encoder (clip) cannot say where something is; "
            "use match_text or classify_image on the whole picture"
        )


def query_heatmap(encoder: SiglipEncoder, look: Look, query: str) -> Tensor:
    """Score a query on every patch, in the encoder's caption templates: (rows, columns) probabilities."""
    templates = encoder.default_templates(language_of([query]))
    return text_heatmap(encoder, look.image, query, templates=templates)
