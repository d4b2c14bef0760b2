"""Whether a thing is in the picture at all, which a best guess among labels cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image
from torch import Tensor

from mm_agent.vision import vocabulary
from mm_agent.vision.card import Language

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder


def language_of(texts: Sequence[str]) -> Language:
    """zh when a text holds a Chinese character, else en: labels go into templates of their own language."""
    return "zh" if any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text) else "en"


def label_of(noun: str, language: Language) -> str:
    """The label a noun stands for: the vocabulary's name in `language`, or the noun itself."""
    concept = vocabulary.find(noun)
    return noun if concept is None else concept.name(language)


def presence(encoder: SiglipEncoder, image: Image.Image, noun: str, *, language: Language = "en") -> float:
    """Probability that `noun` is in the picture, to be compared with ``encoder.presence_threshold``.

    SigLIP says it by itself (a sigmoid). CLIP cannot: its share among the vocabulary's labels stands in.
    """
    label = label_of(noun, language)
    templates = encoder.default_templates(language_of([label]))
    if encoder.score_mode == "sigmoid":
        return float(encoder.score(image, [label], templates=templates)[0, 0])
    rivals = [other for other in vocabulary.labels(language) if other != label]
    return float(encoder.score(image, [label, *rivals], templates=templates)[0, 0])


def presence_logits(
    encoder: SiglipEncoder, vectors: Tensor, noun: str, *, language: Language = "en"
) -> Tensor:
    """`presence` of many pictures at once, as log-odds (N,), from their unit vectors (N, D)."""
    label = label_of(noun, language)
    templates = encoder.default_templates(language_of([label]))
    rivals = [other for other in vocabulary.labels(language) if other != label]
    texts = [label] if encoder.score_mode == "sigmoid" else [label, *rivals]
    logits = encoder.logits_of(vectors, encoder.embed_texts(texts, templates=templates))  # (N, M)
    if encoder.score_mode == "sigmoid":
        return logits[:, 0]
    return logits.softmax(dim=-1)[:, 0].logit(eps=1e-6)
