"""Whether a thing is in the picture at all, which a best guess among labels cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from PIL import Image
from torch import Tensor

from mm_agent.vision.card import Language
from mm_agent.vision.vocabulary import Concept, stickers, world

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

Score = Callable[[Sequence[str]], Tensor]
"""Labels (M) to their logits (N, M) in one or several pictures."""


@dataclass(frozen=True)
class Presence:
    """How probable it is that a thing is there.

    Attributes:
        label: the name that was scored: the noun's own, or that of a kind of it ("dog" for "animal").
        score: the label's probability, to be compared with ``encoder.presence_threshold``.
        is_kind: whether the label is that of a kind of the noun.
    """

    label: str
    score: float
    is_kind: bool = False


def language_of(texts: Sequence[str]) -> Language:
    """zh when a text holds a Chinese character, else en: labels go into templates of their own language."""
    return "zh" if any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text) else "en"


def label_of(encoder: SiglipEncoder, noun: str, language: Language) -> str:
    """The label a noun stands for: its name in the encoder's vocabulary, or the noun itself."""
    concept = encoder.vocabulary.find(noun)
    return noun if concept is None else concept.name(language)


def seen_as(noun: str, label: str) -> str | None:
    """The label, where it names another thing than the noun ("dog" for "animal"), else None."""
    asked, found = world().find(noun), world().find(label)
    same = noun == label if asked is None or found is None else asked.key == found.key
    return None if same else label


def presence(encoder: SiglipEncoder, image: Image.Image, noun: str, *, language: Language = "en") -> Presence:
    """Whether `noun` is in the picture, and which name says so.

    A noun whose own score misses the presence threshold is there all the same when a kind of it is: there is
    an animal where there is a dog. Kinds are many and nobody asked about them, so they are held to the tag
    threshold.

    SigLIP says it by itself (a sigmoid). CLIP cannot: the noun's share among everyday names stands in.
    """
    return _presence(encoder, _on_image(encoder, image), noun, language)


def presence_in_any(
    encoder: SiglipEncoder, vectors: Tensor, noun: str, *, language: Language = "en"
) -> Presence:
    """`presence` in at least one of several pictures, from their unit vectors (N, D)."""
    return _presence(encoder, _on_vectors(encoder, vectors), noun, language)


def own_presence(
    encoder: SiglipEncoder, image: Image.Image, noun: str, *, language: Language = "en"
) -> float:
    """Probability of the noun's own label, whatever kinds of it there are."""
    return float(_log_odds(encoder, _on_image(encoder, image), label_of(encoder, noun, language)).sigmoid())


def presence_logits(
    encoder: SiglipEncoder, vectors: Tensor, noun: str, *, language: Language = "en"
) -> Tensor:
    """`own_presence` of many pictures at once, as log-odds (N,), from their unit vectors (N, D)."""
    return _log_odds(encoder, _on_vectors(encoder, vectors), label_of(encoder, noun, language))


def _presence(encoder: SiglipEncoder, score: Score, noun: str, language: Language) -> Presence:
    label = label_of(encoder, noun, language)
    own = float(_log_odds(encoder, score, label).max().sigmoid())
    kinds = _kinds_of(encoder, noun) if own < encoder.presence_threshold else []
    if kinds:
        names = [kind.name(language) for kind in kinds]
        logits = encoder.tag_logits(kinds, score(names).amax(0))  # (M,)
        best = int(logits.argmax())
        if (probability := float(logits[best].sigmoid())) >= encoder.tag_threshold:
            return Presence(names[best], probability, is_kind=True)
    return Presence(label, own)


def _kinds_of(encoder: SiglipEncoder, noun: str) -> Sequence[Concept]:
    """Everything that is a kind of `noun`; nothing for CLIP, whose vocabulary has no hypernyms."""
    concept = encoder.vocabulary.find(noun)
    if concept is None or encoder.score_mode != "sigmoid":
        return []
    return encoder.vocabulary.hyponyms(concept)


def _log_odds(encoder: SiglipEncoder, score: Score, label: str) -> Tensor:
    """Log-odds (N,) of a label by itself, or against others where the family has no sigmoid."""
    if encoder.score_mode == "sigmoid":
        return score([label])[:, 0]
    return score([label, *_rivals(label)]).softmax(dim=-1)[:, 0].logit(eps=1e-6)


@cache
def _rivals(label: str) -> list[str]:
    """Everyday names that are neither kinds of the label nor hypernyms of it."""
    known = world()
    asked = known.find(label)
    others = [(name, known.find(name)) for name in stickers().labels(language_of([label])) if name != label]
    if asked is None:
        return [name for name, _ in others]
    return [
        name
        for name, other in others
        if other is None or not (known.is_a(other, asked) or known.is_a(asked, other))
    ]


def _on_image(encoder: SiglipEncoder, image: Image.Image) -> Score:
    return lambda labels: encoder.logits(image, labels, templates=_templates(encoder, labels))


def _on_vectors(encoder: SiglipEncoder, vectors: Tensor) -> Score:
    return lambda labels: encoder.logits_of(
        vectors, encoder.embed_texts(labels, templates=_templates(encoder, labels))
    )


def _templates(encoder: SiglipEncoder, labels: Sequence[str]) -> tuple[str, ...]:
    return encoder.default_templates(language_of(labels))
