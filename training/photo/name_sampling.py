"""Which images and which names a step's name loss sees."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.photo.config import SHARES, StageConfig
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
        absent_weights: (concepts,) how much each name counts where it is not there, float32.
        classes: for each of ImageNet's classes its concepts; empty without ImageNet's names.
    """

    def __init__(self, config: StageConfig, maps: Mapping[str, StoredMaps], names: Names) -> None:
        self._config, self._names = config, names
        pools = {name: one.images.of_split("train") for name, one in maps.items()}
        self._pools = {name: numbers for name, numbers in pools.items() if len(numbers)}
        self._maps = {name: maps[name] for name in self._pools}
        self._targets = {name: targets(names, one.images) for name, one in self._maps.items()}
        shares = np.array([SHARES.get(name, 1.0) for name in self._pools])
        self._shares = shares / shares.sum()
        self._priors = self._set_priors()
        self.absent_weights = np.where(self._is_shown(), 1.0, config.unseen_weight).astype(np.float32)
        imagenet = maps.get("imagenet_samples")
        examples = imagenet.images.examples if imagenet else ()
        self.classes = [sorted(names.of_labels(example.labels)) for example in examples]

    def _set_priors(self) -> dict[str, np.ndarray]:
        """Log-odds (concepts,) of names in each set, in part those in all sets.

        A set at a time: else a drawing would be taken for a giraffe where only drawings show giraffes.
        """
        rows = {name: self._targets[name][numbers] for name, numbers in self._pools.items()}
        own = {name: log_odds([table], least=self._config.rarest) for name, table in rows.items()}
        mean = np.average(list(own.values()), axis=0, weights=self._shares).astype(np.float32)
        common = np.float32(self._config.common_prior)
        return {name: (1 - common) * odds + common * mean for name, odds in own.items()}

    def _is_shown(self) -> np.ndarray:
        """Whether a photograph shows a name, (concepts,)."""
        sets = [name for name in self._pools if name != "scenes"]
        shown = [(self._targets[name][self._pools[name]] == 1).any(0) for name in sets]
        return np.any([np.zeros(len(self._names), bool), *shown], axis=0)

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
