"""How two pictures differ: similarity, tags of only one of them, and the places that have no match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image
from torch import Tensor

from mm_agent.vision.card import Language
from mm_agent.vision.differences import difference_maps
from mm_agent.vision.hypernyms import without_hypernyms
from mm_agent.vision.tagging import VocabularyScores, score_vocabulary

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

_CLEAR = 0.5  # a tag is missing from the other picture when it has at most this share of the score there


@dataclass(frozen=True)
class TagContrast:
    """A tag and its scores on the first and on the second picture."""

    label: str
    first: float
    second: float


@dataclass(frozen=True)
class Comparison:
    """How two pictures differ.

    Attributes:
        similarity: cosine of the pooled vectors.
        only_first: tags that the first shows and the second clearly does not, largest gap first.
        only_second: the other way round.
        both: tags both show, strongest first.
        maps: (rows, cols) each, see `difference_maps`; None for CLIP, which sees a crop of the picture.
    """

    similarity: float
    only_first: tuple[TagContrast, ...]
    only_second: tuple[TagContrast, ...]
    both: tuple[TagContrast, ...]
    maps: tuple[Tensor, Tensor] | None


def compare(
    encoder: SiglipEncoder,
    first: Image.Image,
    second: Image.Image,
    *,
    language: Language = "en",
    most: int = 5,
) -> Comparison:
    """Compares two pictures.

    Args:
        encoder: any encoder.
        first: one picture.
        second: another.
        language: of the tags, which come from the built-in vocabulary.
        most: how many tags to name of each sort.
    """
    vectors = encoder.embed_images([first, second])  # (2, D)
    one, two = (score_vocabulary(encoder, image, language=language) for image in (first, second))
    here, there = one.said(), two.said()
    shared = [i for i in dict.fromkeys([*here, *there]) if one.present[i] and two.present[i]]
    both = [_contrast(one, two, i, language) for i in without_hypernyms(encoder.vocabulary, shared)]
    return Comparison(
        similarity=float(vectors[0] @ vectors[1]),
        only_first=_widest((_contrast(one, two, i, language) for i in here if _only(one, two, i)), most),
        only_second=_widest((_contrast(one, two, i, language) for i in there if _only(two, one, i)), most),
        both=tuple(sorted(both, key=lambda tag: -min(tag.first, tag.second))[:most]),
        maps=None if encoder.family == "clip" else difference_maps(encoder, first, second),
    )


def _only(here: VocabularyScores, there: VocabularyScores, index: int) -> bool:
    """Whether a tag of one picture is clearly missing from the other."""
    return not there.present[index] and bool(there.scores[index] <= _CLEAR * here.scores[index])


def _contrast(
    first: VocabularyScores, second: VocabularyScores, index: int, language: Language
) -> TagContrast:
    label = first.vocabulary.concepts[index].name(language)
    return TagContrast(label, float(first.scores[index]), float(second.scores[index]))


def _widest(contrasts: Iterable[TagContrast], most: int) -> tuple[TagContrast, ...]:
    return tuple(sorted(contrasts, key=lambda tag: -abs(tag.first - tag.second))[:most])
