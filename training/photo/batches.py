"""Everything of a training step that needs no gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.photo.config import StageConfig
from training.photo.maps import StoredMaps, TowerBatch, gather
from training.photo.name_sampling import NameSampler
from training.photo.names import Names
from training.photo.sets import Example
from training.photo.teacher import Teacher
from training.photo.texts import canonical
from training.photo.tokenizer import CachedTokenizer


@dataclass(frozen=True)
class Captions:
    """One caption of one language for each of B photographs.

    Attributes:
        signs: (B, B) 1 where a photograph's caption is that of the column, word for word, else -1.
        known: (K,) which of the captions the teacher has vectors of.
        teacher: (K, 384) these vectors.
    """

    signs: Tensor
    known: Tensor
    teacher: Tensor


@dataclass(frozen=True)
class CaptionBatch:
    """Photographs; `ids` (2 B, L) has the tokens of the English captions, then of the Chinese ones."""

    images: TowerBatch
    ids: Tensor
    languages: tuple[Captions, Captions]


@dataclass(frozen=True)
class NameBatch:
    """Images and names.

    Attributes:
        concepts: (M,) the names' concepts, ascending.
        ids: (M, L) tokens of the names in captions.
        targets: (N, M) 1 there, 0 absent, -1 unknown.
        priors: (N, M) log-odds of the names among the images' sets.
        absent_weights: (M,) how much each name counts where it is not there.
    """

    images: TowerBatch
    concepts: np.ndarray
    ids: Tensor
    targets: Tensor
    priors: Tensor
    absent_weights: Tensor


@dataclass(frozen=True)
class WordBatch:
    """Words that no image need have: tokens (W, L) and the teacher's vectors (W, 384)."""

    ids: Tensor
    teacher: Tensor


@dataclass(frozen=True)
class Batch:
    """One step's data; no words without a teacher."""

    captions: CaptionBatch
    names: NameBatch
    words: WordBatch | None


class Batches:
    """Draws batches; one stream of random numbers for what is drawn, another for the tokens left out."""

    def __init__(
        self,
        config: StageConfig,
        seed: int,
        maps: Mapping[str, StoredMaps],
        names: Names,
        tokenizer: CachedTokenizer,
        *,
        teacher: Teacher | None,
        words: Sequence[str],
    ) -> None:
        self._config, self._maps, self._tokenizer, self._teacher = config, maps, tokenizer, teacher
        self._rng = np.random.default_rng(seed)
        self._token_rng = np.random.default_rng([seed, 1])
        self._words = [word for word in words if word in teacher] if teacher else []
        self._captioned = {name: _captioned(one) for name, one in maps.items()}
        self.names = NameSampler(config, maps, names)

    def draw(self) -> Batch:
        """The next step's batch."""
        return Batch(self._draw_captions(), self._draw_names(), self._draw_words())

    def _draw_captions(self) -> CaptionBatch:
        parts: list[TowerBatch] = []
        examples: list[Example] = []
        for name, pool in self._captioned.items():
            if not len(pool):
                continue
            count = self._config.scenes if name == "scenes" else self._config.captioned
            numbers = self._rng.choice(pool, min(count, len(pool)), replace=False)
            parts.append(gather(self._maps[name], numbers, self._rng, cells=self._config.cells))
            examples += [self._maps[name].images.examples[number] for number in numbers]
        english = [self._caption(e.captions or e.captions_zh) for e in examples]
        chinese = [self._caption(e.captions_zh or e.captions) for e in examples]
        languages = self._with_teacher(english), self._with_teacher(chinese)
        return CaptionBatch(TowerBatch.joined(parts), self._ids([*english, *chinese]), languages)

    def _draw_names(self) -> NameBatch:
        images, rows, priors = self.names.draw_images(self._rng)
        concepts = self.names.draw_names(images.logits.numpy(), rows, self._rng)
        texts = [self.names.spelling(number, self._rng) for number in concepts]
        truth, odds = (torch.from_numpy(table[:, concepts]) for table in (rows, priors))
        absent_weights = torch.from_numpy(self.names.absent_weights[concepts])
        return NameBatch(images, concepts, self._ids(texts), truth, odds, absent_weights)

    def _draw_words(self) -> WordBatch | None:
        if self._teacher is None or not self._words:
            return None
        drawn = self._rng.integers(0, len(self._words), self._config.words)
        words = [self._words[n] for n in drawn.tolist()]
        ids = self._ids(words) if self._is_taught else self._tokenizer(words)
        return WordBatch(ids, torch.from_numpy(self._teacher.vectors(words)))

    @property
    def _is_taught(self) -> bool:
        return self._config.guide == "teacher"

    def _caption(self, captions: Sequence[str]) -> str:
        return canonical(captions[int(self._rng.integers(len(captions)))])

    def _with_teacher(self, texts: Sequence[str]) -> Captions:
        number = {text: at for at, text in enumerate(texts)}
        same = torch.tensor([number[text] for text in texts])
        teacher = self._teacher if self._is_taught else None
        known = [] if teacher is None else [at for at, text in enumerate(texts) if text in teacher]
        vectors = np.zeros((0, 0), np.float32)
        if teacher is not None and known:
            vectors = teacher.vectors([texts[at] for at in known])
        signs = 2 * (same[:, None] == same).float() - 1
        return Captions(signs, torch.tensor(known, dtype=torch.long), torch.from_numpy(vectors))

    def _ids(self, texts: Sequence[str]) -> Tensor:
        return self._tokenizer(texts, drop=self._config.word_dropout, rng=self._token_rng)


def _captioned(maps: StoredMaps) -> np.ndarray:
    """Numbers of the training images with captions."""
    examples = maps.images.examples
    return np.array([n for n in maps.images.of_split("train") if examples[n].is_captioned], dtype=int)
