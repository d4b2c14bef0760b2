"""Which labels fit a picture, and whether any of them does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision.card import Language
from mm_agent.vision.hypernyms import most_useful, related
from mm_agent.vision.presence import language_of
from mm_agent.vision.vocabulary import Vocabulary

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder


@dataclass(frozen=True)
class LabelScore:
    """One label.

    Attributes:
        label: as given.
        score: sigmoid probability, or the softmax share when the labels exclude each other. Always of this
            label: a hypernym's score is not raised to that of a kind of it.
        present: whether the label reaches the encoder's presence threshold (its tag threshold when the
            labels are the whole vocabulary). When none does, the honest answer is "none of these".
    """

    label: str
    score: float
    present: bool


@dataclass(frozen=True)
class VocabularyScores:
    """Every name of a vocabulary held against a picture: values (M,) in the vocabulary's order."""

    vocabulary: Vocabulary
    logits: Tensor
    scores: Tensor
    present: Tensor

    def said(self) -> list[int]:
        """The present names that are worth saying, best first; see `most_useful`."""
        return most_useful(self.vocabulary, self.logits.tolist(), self.present.tolist())

    def best(self) -> Iterator[int]:
        """First `said`, then the names that come closest without being present, none beside a kind of it."""
        listed = self.said()
        yield from listed
        concepts = self.vocabulary.concepts
        for index in self.logits.argsort(descending=True).tolist():
            if not self.present[index] and not related(
                self.vocabulary, concepts[index], (concepts[other] for other in listed)
            ):
                listed.append(index)
                yield index

    def label(self, index: int, language: Language) -> LabelScore:
        """One of the names with its score."""
        concept = self.vocabulary.concepts[index]
        return LabelScore(concept.name(language), float(self.scores[index]), bool(self.present[index]))


def score_vocabulary(
    encoder: SiglipEncoder, image: Image.Image, *, exclusive: bool | None = None, language: Language = "en"
) -> VocabularyScores:
    """Scores of all names of the encoder's vocabulary."""
    vocabulary = encoder.vocabulary
    names = vocabulary.labels(language)
    own = encoder.logits(image, names, templates=encoder.default_templates(language))[0]
    logits, scores, presence = _scores(encoder, encoder.tag_logits(vocabulary.concepts, own), exclusive)
    return VocabularyScores(vocabulary, logits, scores, presence >= encoder.tag_threshold)


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

    Of the built-in vocabulary's names, those that are present come first, and of a chain such as animal, dog,
    Labrador retriever only the most useful one; `mm_agent.vision.hypernyms.most_useful` has the rules.

    Args:
        encoder: any encoder.
        image: one picture.
        labels: nouns or short phrases; None takes the encoder's built-in vocabulary.
        exclusive: whether exactly one label can be right (softmax); None takes the family's own way.
        top_k: how many to return.
        language: of the built-in vocabulary. Labels that are given decide by their own script.

    Raises:
        VisionError: an empty list, an empty label or a `top_k` below 1.
    """
    words = None if labels is None else list(dict.fromkeys(labels))
    if words is not None and (not words or not all(word.strip() for word in words)):
        raise VisionError(f"labels must be words, got {words}; leave them out for the built-in vocabulary")
    if top_k < 1:
        raise VisionError(f"top_k is {top_k}; use 1 or more")
    if words is None:
        scored = score_vocabulary(encoder, image, exclusive=exclusive, language=language)
        return [scored.label(index, language) for index, _ in zip(scored.best(), range(top_k), strict=False)]
    own = encoder.logits(image, words, templates=encoder.default_templates(language_of(words)))[0]
    logits, scores, presence = _scores(encoder, own, exclusive)
    best = logits.argsort(descending=True)[:top_k].tolist()
    return [
        LabelScore(words[i], float(scores[i]), bool(presence[i] >= encoder.presence_threshold)) for i in best
    ]


def _scores(encoder: SiglipEncoder, logits: Tensor, exclusive: bool | None) -> tuple[Tensor, Tensor, Tensor]:
    """The logits, scores to show, and what presence is decided by, (M,) each."""
    shares = logits.softmax(dim=-1)
    presence = logits.sigmoid() if encoder.score_mode == "sigmoid" else shares
    scores = shares if exclusive or encoder.score_mode == "softmax" else presence
    return logits, scores, presence
