"""Calibration on captioned photographs kept out of training (split val).

Two sorts of answers are fitted there. A question about one thing, yes or no, should be answered best at a
probability of 0.5. A tag, one of thousands of names that nobody asked about, also depends on how common the
name is; its probability should be that of being right. Captions say which names a photograph has (`targets`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.errors import FinetuneError
from mm_agent.vision.families.photo_model import PhotoModel
from mm_agent.vision.tag_priors import TagPriors
from training.photo.evaluate import image_vectors, name_vectors
from training.photo.maps import StoredMaps
from training.photo.names import Name, Names
from training.photo.sets import ImageSet
from training.photo.targets import targets
from training.photo.templates import CARD
from training.photo.tokenizer import CachedTokenizer

_LEAST_POSITIVES = 3
_ABSENT_SHARE, _NEAR = 0.25, 0.04
"""How many answers around the absence threshold are yes, and how near is around."""
_PRIOR_SHARE = 0.7
"""How much of the training images' log-odds the tags get: these images are not everybody's."""
_PRECISION = 0.85
"""Of tags."""
_HIGHEST = 0.95


@dataclass(frozen=True)
class HeldOut:
    """The photographs.

    Attributes:
        numbers: for every set, its examples.
        truth: (N, concepts) 1 there, 0 absent, -1 unknown.
    """

    numbers: Mapping[str, np.ndarray]
    truth: Tensor

    @classmethod
    def of(cls, sets: Sequence[ImageSet], names: Names) -> HeldOut:
        """Of all sets.

        Raises:
            FinetuneError: there are too few.
        """
        numbers = {one.name: _captioned(one) for one in sets}
        tables = [targets(names, one)[numbers[one.name]] for one in sets if len(numbers[one.name])]
        truth = torch.from_numpy(np.concatenate([np.zeros((0, len(names)), np.int8), *tables]))
        if not ((truth == 1).sum(0) >= _LEAST_POSITIVES).any():
            raise FinetuneError(
                f'scores are calibrated on captioned images with "split": "val", but among {len(truth)} of '
                f"them no name is on {_LEAST_POSITIVES}; mark more lines so, about one in ten"
            )
        return cls({name: rows for name, rows in numbers.items() if len(rows)}, truth)


def _captioned(images: ImageSet) -> np.ndarray:
    rows = [number for number in images.of_split("val") if images.examples[number].is_captioned]
    return np.array(rows, dtype=int)


@dataclass(frozen=True)
class Answers:
    """A model's logits (N, M) for names on the photographs, the truth (N, M), the columns' concepts (M,)."""

    logits: Tensor
    truth: Tensor
    concepts: np.ndarray

    def of_common(self) -> Answers:
        """Only names that three photographs or more show."""
        common = (self.truth == 1).sum(0) >= _LEAST_POSITIVES
        return Answers(self.logits[:, common], self.truth[:, common], self.concepts[common.numpy()])


@dataclass(frozen=True)
class Calibration:
    """A factor for the model's logits and what is added then, thresholds, and the tags' priors."""

    scale: float
    bias: float
    presence: float
    absence: float
    tag: float
    tag_priors: TagPriors

    @classmethod
    def fit(cls, answers: Answers, names: Names, priors: np.ndarray) -> Calibration:
        """From answers for all names, and log-odds (concepts,) of these in the training images."""
        questions = answers.of_common()
        scale, bias = fit_platt(questions.logits, questions.truth, balanced(questions.truth))
        probabilities = torch.sigmoid(questions.logits * scale + bias)
        presence, absence = presence_thresholds(probabilities, questions.truth, plausible(questions))
        priors = priors * _PRIOR_SHARE
        expected = answers.logits + torch.from_numpy(priors[answers.concepts])
        tag_scale, tag_bias = fit_platt(expected, answers.truth, (answers.truth >= 0).float())
        tag = tag_threshold(torch.sigmoid(expected * tag_scale + tag_bias), answers.truth)
        # tags start from the shipped logit: scale * logit + bias
        added = tag_scale * priors + tag_bias - tag_scale / scale * bias
        tag_priors = _tag_priors(tag_scale / scale, zip(names.names, added, strict=True))
        return cls(scale, bias, presence, absence, tag, tag_priors)

    @torch.no_grad()
    def apply(self, model: PhotoModel) -> None:
        """Changes the model's own scale and bias."""
        model.logit_bias.copy_(model.logit_bias * self.scale + self.bias)
        model.logit_scale.add_(float(np.log(self.scale)))


def _tag_priors(scale: float, added: Iterable[tuple[Name, float]]) -> TagPriors:
    """Of the vocabulary's names; a name that it lacks is taken for as rare as the rarest."""
    log_odds = {name.key: round(float(value), 2) for name, value in added if name.is_of_vocabulary}
    return TagPriors(scale=round(scale, 4), log_odds=log_odds, unknown=min(log_odds.values()))


@torch.inference_mode()
def ask(
    model: PhotoModel,
    maps: Mapping[str, StoredMaps],
    names: Names,
    tokenizer: CachedTokenizer,
    held_out: HeldOut,
) -> Answers:
    """The model's answers for all names in the card's templates; English columns, then Chinese ones."""
    rows = [image_vectors(model, maps[name], numbers) for name, numbers in held_out.numbers.items()]
    images = torch.cat(rows)  # (N, D)
    logits: list[Tensor] = []
    concepts: list[int] = []
    for language, templates in CARD.items():
        spelled = {n: name.zh if language == "zh" else name.en for n, name in enumerate(names.names)}
        first = {number: words[0] for number, words in spelled.items() if words}
        texts = name_vectors(model, tokenizer, list(first.values()), templates)  # (M, D)
        logits.append(images @ texts.T * model.logit_scale.exp() + model.logit_bias)
        concepts += first
    return Answers(torch.cat(logits, 1), held_out.truth[:, concepts], np.array(concepts))


def balanced(truth: Tensor) -> Tensor:
    """Weights (N, M): every name counts alike, and its yes as much as its no; unknown pairs do not count."""
    yes, no = (truth == 1).float(), (truth == 0).float()
    return yes / yes.sum(0).clamp(min=1) + no / no.sum(0).clamp(min=1)


def fit_platt(logits: Tensor, truth: Tensor, weights: Tensor) -> tuple[float, float]:
    """Scale and bias that calibrate logits under weights, (N, M) each (Platt scaling, 1999)."""
    labels = (truth == 1).float()
    log_scale, bias = torch.zeros((), requires_grad=True), torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([log_scale, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss_with_gradients() -> float:
        optimizer.zero_grad()
        scaled = logits * log_scale.exp() + bias
        losses = F.binary_cross_entropy_with_logits(scaled, labels, reduction="none")
        loss = (losses * weights).sum() / weights.sum()
        loss.backward()
        return loss.item()

    optimizer.step(loss_with_gradients)
    return log_scale.exp().item(), bias.item()


def plausible(answers: Answers) -> Tensor:
    """Weights (N, M) of questions as people ask them, half of them about absent things.

    For every thing that is there, one question about it and one about a thing that is not: half of these fall
    on any name, frequent ones more often, and half on the absent name whose scores vary most like its own.
    """
    yes, absent = (answers.truth == 1).float(), answers.truth == 0
    often = yes.mean(0) * absent  # (N, M)
    often = often / often.sum(1, keepdim=True).clamp(min=1e-9) * yes.sum(1, keepdim=True)
    alike = torch.zeros_like(yes)
    likeness = torch.corrcoef(answers.logits.T)  # (M, M)
    for row, there, missing in zip(alike, yes.bool(), absent, strict=True):
        if missing.any():
            nearest = likeness[there].masked_fill(~missing, -2.0).argmax(1)
            row.scatter_add_(0, nearest, torch.ones(len(nearest)))
    return yes + (often + alike) / 2


def presence_thresholds(probabilities: Tensor, truth: Tensor, weights: Tensor) -> tuple[float, float]:
    """From where a name that is asked about counts as there, and below where as absent, on (N, M) answers.

    The first has the best balanced accuracy; around the second three of four answers are no.
    """
    yes, no = weights * (truth == 1), weights * (truth == 0)
    grid = torch.linspace(0.02, 0.98, 97)
    gains = [(yes * (probabilities >= t)).sum() + (no * (probabilities < t)).sum() for t in grid]
    presence = float(grid[torch.stack(gains).argmax()])
    absence = presence
    for threshold in grid[grid <= presence]:
        near = (probabilities - threshold).abs() < _NEAR
        if (yes * near).sum() <= _ABSENT_SHARE * ((yes + no) * near).sum().clamp(min=1e-9):
            absence = float(threshold)
    return presence, absence


def tag_threshold(probabilities: Tensor, truth: Tensor) -> float:
    """The lowest one from a half on at which 85 % of the tags are right, on (N, M) answers."""
    for threshold in torch.linspace(0.5, _HIGHEST, 46):
        given = (probabilities >= threshold) & (truth >= 0)
        if (given & (truth == 1)).sum() >= _PRECISION * given.sum():
            return float(threshold)
    return _HIGHEST
