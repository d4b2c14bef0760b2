"""Trains the photo encoder on stored maps: SigLIP's loss with the image tower locked.

SigLiT, section 3 of arXiv 2303.15343. Losses of a step:

- photographs with captions of both languages: the sigmoid loss over all pairs, and a softmax loss,
- images with names, right and wrong: the sigmoid loss with the names' priors,
- the tower's own ImageNet classifier as a teacher for names: cross-entropy,
- words that no image need have: the text tower's distance to its guide. In the first stage that is a head on
  a sentence encoder's vectors, which learns from the same photographs and guides captions too; later it is
  the text tower as it was when the stage began.
"""

from __future__ import annotations

import copy
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from mm_agent.vision.families.photo_model import PhotoModel
from training.photo.batches import Batch, Batches, CaptionBatch, Captions, NameBatch, WordBatch
from training.photo.config import StageConfig
from training.photo.learner import Learner, text_vectors
from training.photo.losses import classifier_loss, contrastive_loss, distance, name_loss, sigmoid_loss
from training.photo.optimizer import make_optimizer, set_rate, update_average
from training.photo.weights import save_weights

_CLIP = 5.0
_LANGUAGE_WEIGHTS = (0.42, 0.58)
"""English and Chinese captions; the latter are shorter and harder to tell apart."""

Evaluate = Callable[[PhotoModel], Mapping[str, float]]


class Trainer:
    """One stage: a learner, its optimizer and the running average of its weights."""

    def __init__(self, config: StageConfig, learner: Learner, batches: Batches) -> None:
        self.config, self.learner, self.batches = config, learner, batches
        self.average = copy.deepcopy(learner.model).requires_grad_(False)
        self._former_texts = copy.deepcopy(learner.model.text_model).requires_grad_(False)
        self._optimizer = make_optimizer(config, learner)

    def run(self, out: Path, evaluate: Evaluate, *, log_every: int = 25, save_every: int = 175) -> None:
        """All steps; measures and writes the averaged weights now and then."""
        began, sums = time.time(), defaultdict[str, float](float)
        for done, batch in enumerate(self._drawn_ahead(), 1):
            for name, loss in self.step(done - 1, batch).items():
                sums[name] += loss
            if done % log_every == 0:
                means = {name: total / log_every for name, total in sums.items()}
                self._log(done, means, (time.time() - began) / done)
                sums.clear()
            if done % save_every == 0 or done == self.config.steps:
                print({name: round(value, 1) for name, value in evaluate(self.average).items()}, flush=True)
                save_weights(self.average, out)

    def _drawn_ahead(self) -> Iterator[Batch]:
        """A batch a step, each drawn beside the step before it."""
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.batches.draw)
            for _ in range(self.config.steps - 1):
                batch = waiting.result()
                waiting = pool.submit(self.batches.draw)
                yield batch
            yield waiting.result()

    def _log(self, done: int, losses: Mapping[str, float], seconds: float) -> None:
        """Means of the losses, and seconds a step."""
        model = self.learner.model
        scale, bias = model.logit_scale.exp().item(), model.logit_bias.item()
        means = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        print(f"step {done}: {means}; scale {scale:.1f} bias {bias:.2f}; {seconds:.2f} s a step", flush=True)

    def step(self, step: int, batch: Batch) -> dict[str, float]:
        """One update; returns the losses."""
        set_rate(self._optimizer, step, self.config)
        losses = self.losses(batch)
        self._optimizer.zero_grad(set_to_none=True)
        self._total(losses).backward()
        torch.nn.utils.clip_grad_norm_([p for g in self._optimizer.param_groups for p in g["params"]], _CLIP)
        self._optimizer.step()
        update_average(self.average, self.learner.model, step, self.config.ema)
        return {name: loss.item() for name, loss in losses.items()}

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Each loss, not weighted yet."""
        captions, matching = self._caption_losses(batch.captions)
        names, classes = self._name_losses(batch.names)
        words = self._word_loss(batch.words)
        return {
            "captions": captions,
            "names": names,
            "classes": classes,
            "words": words,
            "matching": matching,
        }

    def _total(self, losses: Mapping[str, Tensor]) -> Tensor:
        config = self.config
        return (
            losses["captions"]
            + config.name_weight * losses["names"]
            + config.classifier_weight * losses["classes"]
            + config.guide_weight * (losses["words"] + losses["matching"])
        )

    def _caption_losses(self, batch: CaptionBatch) -> tuple[Tensor, Tensor]:
        """The captions' loss by the text tower and by the teacher's head, and the distance of these two."""
        images = self.learner.image_vectors(batch.images)  # (B, D)
        texts = self.learner.text_vectors(batch.ids).split(len(images))  # (B, D) each
        loss, matching = torch.zeros(()), torch.zeros(())
        for weight, mine, captions in zip(_LANGUAGE_WEIGHTS, texts, batch.languages, strict=True):
            loss = loss + weight * self._tower_loss(images, mine, captions)
            if len(captions.known) > 1:
                theirs = self.learner.teacher_head(captions.teacher)  # (K, D)
                signs = captions.signs[:, captions.known]
                loss = loss + sigmoid_loss(self.learner.logits(images, theirs), signs) / 2
                matching = matching + distance(mine[captions.known], theirs.detach()) / 2
        return loss, matching

    def _tower_loss(self, images: Tensor, texts: Tensor, captions: Captions) -> Tensor:
        """Of the text tower's captions in one language."""
        scores = images @ texts.T * self.learner.contrast_scale.exp()
        contrast = contrastive_loss(scores, captions.signs > 0)
        loss = sigmoid_loss(self.learner.logits(images, texts), captions.signs)
        return loss + self.config.contrast_weight * contrast

    def _name_losses(self, batch: NameBatch) -> tuple[Tensor, Tensor]:
        """The names' sigmoid loss, and their cross-entropy with the tower's own classifier."""
        images = self.learner.image_vectors(batch.images)  # (N, D)
        texts = self.learner.text_vectors(batch.ids)  # (M, D)
        logits = self.learner.logits(images, texts) + batch.priors
        loss = name_loss(logits, batch.targets, batch.absent_weights)
        place = {number: at for at, number in enumerate(batch.concepts)}
        classes = enumerate(self.batches.names.classes)
        known = [
            (column, place[numbers[0]]) for column, numbers in classes if numbers and numbers[0] in place
        ]
        if not known:
            return loss, torch.zeros(())
        columns, places = (list(part) for part in zip(*known, strict=True))
        scores = images @ texts[places].T * self.learner.class_scale.exp()
        return loss, classifier_loss(scores, batch.images.logits, columns)

    def _word_loss(self, batch: WordBatch | None) -> Tensor:
        """How far the text tower is from its guide."""
        if batch is None:
            return torch.zeros(())
        with torch.no_grad():
            if self.config.guide == "former":
                guide = text_vectors(self._former_texts, batch.ids)
            else:
                guide = self.learner.teacher_head(batch.teacher)
        return distance(self.learner.text_vectors(batch.ids), guide)
