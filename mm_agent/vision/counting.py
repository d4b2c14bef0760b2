"""About how many there are, from captions that differ only in the number.

Counting is weak in models of this kind (CountBench 31.7 % for CLIP B/32), so the answer is always "about".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from mm_agent.errors import VisionError
from mm_agent.vision.card import Language
from mm_agent.vision.presence import presence
from mm_agent.vision.vocabulary import noun_forms

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder


@dataclass(frozen=True)
class CountEstimate:
    """A guess at a number.

    Attributes:
        noun: what was counted, as asked.
        about: the most probable count; 0 when the thing does not seem to be there.
        probabilities: for 1, 2, ... up to the largest count tried, given that it is there; they sum to 1.
        presence: probability that it is there at all.
    """

    noun: str
    about: int
    probabilities: tuple[float, ...]
    presence: float


def count_objects(
    encoder: SiglipEncoder, image: Image.Image, noun: str, *, max_count: int = 4, language: Language = "en"
) -> CountEstimate:
    """Scores "1 cat", "2 cats", ... against each other.

    Args:
        encoder: any encoder.
        image: one picture.
        noun: singular or plural, in English or Chinese.
        max_count: the largest number tried; more cannot be told from it.
        language: of the captions.

    Raises:
        VisionError: an empty noun, or `max_count` below 1.
    """
    if not noun.strip() or max_count < 1:
        raise VisionError(
            f"cannot count {noun!r} up to {max_count}; give a noun and a max_count of 1 or more"
        )
    captions = [noun_forms(noun, count, language) for count in range(1, max_count + 1)]
    templates = encoder.rules.count_templates[language]
    logits = encoder.logits(image, captions, templates=templates)[0]  # (max_count,)
    probabilities = logits.softmax(dim=-1)
    there = presence(encoder, image, noun, language=language)
    if encoder.score_mode == "sigmoid":  # three cats may fit "3 cats" and yet not "a cat"
        there = max(there, float(logits.sigmoid().max()))
    about = int(probabilities.argmax()) + 1 if there >= encoder.presence_threshold else 0
    return CountEstimate(noun, about, tuple(probabilities.tolist()), there)
