"""How common names are in the training images: log-odds above those of a rare name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.photo.config import SHARES
from training.photo.names import Names
from training.photo.sets import ImageSet
from training.photo.targets import UNKNOWN_WEIGHT, targets

_RARE = 1e-3
_MOST = 0.95


def log_odds(
    tables: Sequence[np.ndarray], weights: Sequence[float] = (1.0,), *, least: float = _RARE / 10
) -> np.ndarray:
    """Log-odds (concepts,), float32, of names in images of sets.

    Args:
        tables: targets (N, concepts) of each set's images; an unknown name counts a little as absent.
        weights: how often the images of each set are drawn, in proportion.
        least: share of the images that no name goes below.
    """
    share = np.array(weights) / sum(weights)
    yes = sum(w * (rows == 1).mean(0) for w, rows in zip(share, tables, strict=True))
    unknown = sum(w * (rows < 0).mean(0) for w, rows in zip(share, tables, strict=True))
    known = 1 - (1 - UNKNOWN_WEIGHT) * unknown
    odds = np.clip(yes / np.maximum(known, 1e-9), least, _MOST)
    return (np.log(odds / (1 - odds)) - np.log(_RARE / (1 - _RARE))).astype(np.float32)


def priors_of_photographs(sets: Sequence[ImageSet], names: Names) -> np.ndarray:
    """Log-odds (concepts,) of names in the training images of sets, as often as these are drawn."""
    pools = [(one, one.of_split("train")) for one in sets]
    pools = [(one, numbers) for one, numbers in pools if len(numbers)]
    tables = [targets(names, one)[numbers] for one, numbers in pools]
    return log_odds(tables, [SHARES.get(one.name, 1.0) for one, _ in pools])
