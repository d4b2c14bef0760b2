"""Which images and which names a step's name loss sees."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.photo.config import SHARES, TrainConfig
from training.photo.maps import StoredMaps, TowerBatch, gather
from training.photo.names import Names
from training.photo.priors import log_odds
from training.photo.targets import targets
from training.photo.templates import in_template
from training.photo.texts import canonical

_CHINESE, _USUAL = 0.45, 0.6
"""Probabilities of a Chinese spelling, where there is one, and of a name's usual spelling."""


class NameSampler:
    """Draws labelled images and names for them.

    Attributes:
        classes: for each of ImageNet's classes its concepts; empty without ImageNet's names.
    """

    def __init__(self, config: TrainConfig, maps: Mapping[str, StoredMaps], names: Names) -> None:
        self._config, self._names = config, names
        pools = {name: one.images.of_split("train") for name, one in maps.items()}
        self._pools = {name: numbers for name, numbers in pools.items() if len(numbers)}
        self._maps = {name: maps[name] for name in self._pools}
        self._targets = {name: targets(names, one.images) for name, one in self._maps.items()}
        # A set at a time: else a drawing would be taken for a giraffe where only drawings show giraffes.
        self._priors = {
            name: log_odds([self._targets[name][numbers]]) for name, numbers in self._pools.items()
        }
        shares = np.array([SHARES.get(name, 1.0) for name in self._pools])
        self._shares = shares / shares.sum()
        imagenet = maps.get("imagenet_samples")
        examples = imagenet.images.examples if imagenet else ()
        self.classes = [sorted(names.of_labels(example.labels)) for example in examples]

    def draw_images(self, rng: np.random.Generator) -> tuple[TowerBatch, np.ndarray, np.ndarray]:
        """Images of all sets, and targets and priors (B, concepts) of all names."""
        parts, rows, priors = [], [], []
        counts = rng.multinomial(self._config.named, self._shares)
        for (name, pool), count in zip(self._pools.items(), counts, strict=True):
            if count:
                numbers = rng.choice(pool, min(count, len(pool)), replace=False)
                parts.append(gather(self._maps[name], numbers, rng, cells=self._config.cells))
                rows.append(self._targets[name][numbers])
                priors.append(np.broadcast_to(self._priors[name], rows[-1].shape))
        return TowerBatch.joined(parts), np.concatenate(rows), np.concatenate(priors)

    def draw_names(self, logits: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Concepts: those right for some image, those that its classifier takes for likely, and any others.

        Args:
            logits: (B, 1000) of the tower's classifier.
            rows: (B, concepts) targets.
            rng: of the run.
        """
        count = self._config.names
        present = np.flatnonzero((rows == 1).any(0))
        if len(present) > count // 2:
            present = rng.choice(present, count // 2, replace=False)
        guesses = np.unique(logits.argmax(1)) if self.classes else ()
        likely = [number for guess in guesses for number in self.classes[guess][:1]][: count // 3]
        others = rng.integers(0, len(self._names), count - len(present) - len(likely))
        return np.unique(np.concatenate([present, np.array(likely, int), others]))

    def spelling(self, number: int, rng: np.random.Generator) -> str:
        """A concept in a random caption, in one of its spellings."""
        name = self._names[number]
        words = name.zh if name.zh and rng.random() < _CHINESE else name.en
        word = words[0] if rng.random() < _USUAL else words[rng.integers(len(words))]
        return canonical(in_template(canonical(word), rng))
