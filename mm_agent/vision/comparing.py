"""How two pictures differ: similarity, tags of only one of them, and the places that have no match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image
from torch import Tensor

from mm_agent.vision import vocabulary
from mm_agent.vision.card import Language
from mm_agent.vision.differences import difference_maps
from mm_agent.vision.tagging import LabelScore, classify

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
    one, two = (_tags(encoder, image, language) for image in (first, second))
    pairs = [(one[label], two[label]) for label in one]
    both = [_contrast(a, b) for a, b in pairs if a.present and b.present]
    return Comparison(
        similarity=float(vectors[0] @ vectors[1]),
        only_first=_widest((_contrast(a, b) for a, b in pairs if _only(a, b)), most),
        only_second=_widest((_contrast(a, b) for a, b in pairs if _only(b, a)), most),
        both=tuple(sorted(both, key=lambda tag: -min(tag.first, tag.second))[:most]),
        maps=None if encoder.family == "clip" else difference_maps(encoder, first, second),
    )


def _tags(encoder: SiglipEncoder, image: Image.Image, language: Language) -> dict[str, LabelScore]:
    """Every label of the vocabulary with its score."""
    every = len(vocabulary.concepts())
    return {tag.label: tag for tag in classify(encoder, image, top_k=every, language=language)}


def _only(here: LabelScore, there: LabelScore) -> bool:
    return here.present and not there.present and there.score <= _CLEAR * here.score


def _contrast(first: LabelScore, second: LabelScore) -> TagContrast:
    return TagContrast(first.label, first.score, second.score)


def _widest(contrasts: Iterable[TagContrast], most: int) -> tuple[TagContrast, ...]:
    return tuple(sorted(contrasts, key=lambda tag: -abs(tag.first - tag.second))[:most])
