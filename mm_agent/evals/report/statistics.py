"""Shares with 95 % intervals, and percentiles.

A case is the unit: with several epochs its score is the share in which it passed. Cases that share pictures
or wording are not independent, which no interval here accounts for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 2_000
SEED = 0
"""Of resampling: the same run twice has the same interval."""


@dataclass(frozen=True)
class Share:
    """A mean of scores from 0 to 1, with its interval."""

    name: str
    cases: int
    mean: float
    low: float
    high: float


def share(name: str, scores: Sequence[float]) -> Share:
    """The mean of cases' scores: Wilson's interval (1927), of shares by epochs the percentile bootstrap's."""
    if not scores:
        return Share(name, 0, 0.0, 0.0, 1.0)
    mean = float(np.mean(scores))
    if all(score in (0.0, 1.0) for score in scores):
        interval = stats.binomtest(round(sum(scores)), len(scores)).proportion_ci(CONFIDENCE, "wilson")
        return Share(name, len(scores), mean, float(interval.low), float(interval.high))
    low, high = bootstrap(scores)
    return Share(name, len(scores), mean, low, high)


def bootstrap(values: Sequence[float]) -> tuple[float, float]:
    """The percentile bootstrap's interval of a mean (Efron 1979)."""
    if len(values) < 2 or min(values) == max(values):
        return float(np.mean(values)), float(np.mean(values))
    found = stats.bootstrap(
        (np.asarray(values),),
        np.mean,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


@dataclass(frozen=True)
class Spread:
    """Percentiles of a number over all turns or cases."""

    p50: float
    p90: float
    p99: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    """The 50th, 90th and 99th percentile, and the largest."""
    found = np.percentile(values, (50, 90, 99, 100)) if len(values) else np.zeros(4)
    return Spread(*(float(value) for value in found))
