"""About how many there are, from captions that differ only in the number and from the heat map's peaks.

Counting is weak in models of this kind (CountBench 31.7 % for CLIP B/32), so the answer is always "about".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from mm_agent.errors import VisionError
from mm_agent.vision.card import Language
from mm_agent.vision.heatmap import text_heatmap
from mm_agent.vision.peaks import count_peaks, with_peaks
from mm_agent.vision.presence import Presence, label_of, language_of, presence
from mm_agent.vision.sizes import at_three_sizes
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
        presence: probability that it is there at all, which is that of `label`.
        label: the name that was scored for presence: the noun's own, or that of a kind of it ("dog" for
            "animal").
        peaks: how many separate peaks its heat map has; None where there is no map (CLIP).
        unsure: whether the presence lies between the thresholds, so that it may or may not be there.
        counted: False where the encoder never learned numbers; `about` is 1 then, and all counts are alike.
    """

    noun: str
    about: int
    probabilities: tuple[float, ...]
    presence: float
    label: str
    peaks: int | None = None
    unsure: bool = False
    counted: bool = True


def count_objects(
    encoder: SiglipEncoder, image: Image.Image, noun: str, *, max_count: int = 4, language: Language = "en"
) -> CountEstimate:
    """Scores "1 cat", "2 cats", ... against each other, and against the heat map of "cat".

    Args:
        encoder: any encoder.
        image: one picture.
        noun: singular or plural, in English or Chinese.
        max_count: the largest number tried in captions; only peaks tell more from it.
        language: of the captions.

    Raises:
        VisionError: an empty noun, or `max_count` below 1.
    """
    if not noun.strip() or max_count < 1:
        raise VisionError(
            f"cannot count {noun!r} up to {max_count}; give a noun and a max_count of 1 or more"
        )
    if not encoder.counts:
        return _uncounted(encoder, image, noun, max_count, language)
    label = label_of(encoder, noun, language)
    captions = [noun_forms(label, count, language, encoder.vocabulary) for count in range(1, max_count + 1)]
    templates = encoder.rules.count_templates[language]
    logits = encoder.logits(at_three_sizes(image), captions, templates=templates).mean(0)  # (max_count,)
    peaks = None if encoder.family == "clip" else _peaks(encoder, image, label)
    scores = logits.log_softmax(dim=-1) if peaks is None else with_peaks(logits.log_softmax(dim=-1), peaks)
    best = int(scores.argmax()) + 1
    probabilities = scores[: max(max_count, best)].softmax(dim=-1)
    there = presence(encoder, image, noun, language=language)
    if encoder.score_mode == "sigmoid":  # three cats may fit "3 cats" and yet not "a cat"
        counted = float(logits.sigmoid().max())
        there = max(there, Presence(label, counted), key=lambda found: found.score)
    about = best if there.score >= encoder.presence_threshold else 0
    shares = tuple(probabilities.tolist())
    return CountEstimate(noun, about, shares, there.score, there.label, peaks, _unsure(encoder, there.score))


def _uncounted(
    encoder: SiglipEncoder, image: Image.Image, noun: str, max_count: int, language: Language
) -> CountEstimate:
    """Only whether it is there: every number is as probable as another."""
    there = presence(encoder, image, noun, language=language)
    about = 1 if there.score >= encoder.presence_threshold else 0
    shares = (1 / max_count,) * max_count
    unsure = _unsure(encoder, there.score)
    return CountEstimate(noun, about, shares, there.score, there.label, unsure=unsure, counted=False)


def _unsure(encoder: SiglipEncoder, score: float) -> bool:
    return encoder.absence_threshold <= score < encoder.presence_threshold


def _peaks(encoder: SiglipEncoder, image: Image.Image, label: str) -> int:
    """Peaks of the heat map of one such thing."""
    templates = encoder.default_templates(language_of([label]))
    return count_peaks(text_heatmap(encoder, image, label, templates=templates))
