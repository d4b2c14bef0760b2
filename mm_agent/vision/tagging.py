"""Which labels fit a picture, and whether any of them does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from mm_agent.errors import VisionError
from mm_agent.vision import vocabulary
from mm_agent.vision.card import Language
from mm_agent.vision.presence import language_of

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder


@dataclass(frozen=True)
class LabelScore:
    """One label.

    Attributes:
        label: as given.
        score: sigmoid probability, or the softmax share when the labels exclude each other.
        present: whether the label reaches the encoder's presence threshold (its tag threshold when the
            labels are the whole vocabulary). When none does, the honest answer is "none of these".
    """

    label: str
    score: float
    present: bool


def classify(
    encoder: SiglipEncoder,
    image: Image.Image,
    labels: Sequence[str] | None = None,
    *,
    exclusive: bool | None = None,
    top_k: int = 5,
    language: Language = "en",
) -> list[LabelScore]:
    """The best `top_k` labels, best first.

    Args:
        encoder: any encoder.
        image: one picture.
        labels: nouns or short phrases; None takes the built-in vocabulary.
        exclusive: whether exactly one label can be right (softmax); None takes the family's own way.
        top_k: how many to return.
        language: of the built-in vocabulary. Labels that are given decide by their own script.

    Raises:
        VisionError: an empty list, an empty label or a `top_k` below 1.
    """
    words = vocabulary.labels(language) if labels is None else list(dict.fromkeys(labels))
    if not words or not all(word.strip() for word in words):
        raise VisionError(f"labels must be words, got {words}; leave them out for the built-in vocabulary")
    if top_k < 1:
        raise VisionError(f"top_k is {top_k}; use 1 or more")
    logits = encoder.logits(image, words, templates=encoder.default_templates(language_of(words)))[0]  # (M,)
    shares = logits.softmax(dim=-1)
    presence = logits.sigmoid() if encoder.score_mode == "sigmoid" else shares
    scores = shares if exclusive or encoder.score_mode == "softmax" else presence
    best = logits.argsort(descending=True)[:top_k].tolist()
    threshold = encoder.tag_threshold if labels is None else encoder.presence_threshold
    return [LabelScore(words[i], float(scores[i]), bool(presence[i] >= threshold)) for i in best]
