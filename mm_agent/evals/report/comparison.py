"""Two or more runs of the same cases, held against the first of them case by case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from mm_agent.errors import EvalError
from mm_agent.evals.report.run import Result, Run
from mm_agent.evals.report.statistics import RESAMPLES, SEED, Share, bootstrap, share
from mm_agent.evals.report.summary import Summary, summarise

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Change:
    """A case whose score differs: how it went before, and how after."""

    key: str
    before: Result
    after: Result


@dataclass(frozen=True)
class Pair:
    """A run against the first: ``p`` is two-sided, corrected by Holm (1979) where there are several pairs.

    Attributes:
        name: The run's.
        cases: How many both have, alike.
        difference: Of the mean scores, with its interval by the paired bootstrap.
        test: Which test ``p`` is of.
        fixed: Cases that are better now.
        broke: Cases that are worse now.
    """

    name: str
    cases: int
    difference: Share
    p: float
    test: str
    fixed: tuple[Change, ...]
    broke: tuple[Change, ...]

    @property
    def worse(self) -> bool:
        """Whether it is worse beyond chance."""
        return self.difference.mean < 0 and self.p < SIGNIFICANT

    @property
    def better(self) -> bool:
        """Whether it is better beyond chance."""
        return self.difference.mean > 0 and self.p < SIGNIFICANT


@dataclass(frozen=True)
class Comparison:
    """Runs side by side over the cases they share; ``left_out`` are those that differ or are not in all."""

    runs: tuple[Summary, ...]
    shares: tuple[Share, ...]
    pairs: tuple[Pair, ...]
    left_out: tuple[str, ...]

    def pair(self, name: str) -> Pair:
        """A run's comparison with the first."""
        return next(pair for pair in self.pairs if pair.name == name)

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        pairs = [
            {
                "name": pair.name,
                "cases": pair.cases,
                "difference": asdict(pair.difference),
                "p": pair.p,
                "test": pair.test,
                "fixed": [change.key for change in pair.fixed],
                "broke": [change.key for change in pair.broke],
            }
            for pair in self.pairs
        ]
        runs = [
            summary.document() | {"compared": asdict(share)}
            for summary, share in zip(self.runs, self.shares, strict=True)
        ]
        return {"runs": runs, "pairs": pairs, "left_out": list(self.left_out)}


def compare(runs: Sequence[Run]) -> Comparison:
    """Hold runs against the first of them.

    Raises:
        EvalError: They have no case in common, or two have one name.
    """
    if len({run.name for run in runs}) < len(runs):
        raise EvalError("two runs have the same name; rename one of their folders")
    keys = {key for run in runs for key in run.scores}
    shared = sorted(key for key in keys if _alike(key, runs))
    if not shared:
        raise EvalError("these runs have no case in common; compare runs of the same suites and seed")
    pairs = [_pair(runs[0], run, shared) for run in runs[1:]]
    return Comparison(
        runs=tuple(summarise(run) for run in runs),
        shares=tuple(share(run.name, [run.scores[key] for key in shared]) for run in runs),
        pairs=tuple(_holm(pairs)),
        left_out=tuple(sorted(keys - {*shared})),
    )


def _alike(key: str, runs: Sequence[Run]) -> bool:
    """Whether all runs have the case, and the same one."""
    found = [run.by_case[key][0].case if key in run.by_case else None for run in runs]
    return all(case is not None and case == found[0] for case in found)


def _pair(first: Run, second: Run, keys: Sequence[str]) -> Pair:
    before = np.array([first.scores[key] for key in keys])
    after = np.array([second.scores[key] for key in keys])
    p, test = paired_test(before, after)
    low, high = bootstrap([float(difference) for difference in after - before])
    difference = Share(second.name, len(keys), float((after - before).mean()), low, high)
    changed = [(key, a - b) for key, b, a in zip(keys, before, after, strict=True) if a != b]
    fixed = tuple(_change(key, first, second) for key, by in changed if by > 0)
    broke = tuple(_change(key, first, second) for key, by in changed if by < 0)
    return Pair(second.name, len(keys), difference, p, test, fixed, broke)


def paired_test(before: np.ndarray, after: np.ndarray) -> tuple[float, str]:
    """The two-sided p of "no difference", and the test's name.

    McNemar's exact test (1947) when every case passed or failed; with shares by epochs a permutation test
    that swaps the two runs case by case.
    """
    if {*before.tolist(), *after.tolist()} <= {0.0, 1.0}:
        fixed, broke = int((after > before).sum()), int((after < before).sum())
        p = stats.binomtest(fixed, fixed + broke, 0.5).pvalue if fixed + broke else 1.0
        return float(p), "McNemar exact"
    if (before == after).all():
        return 1.0, "paired permutation"
    found = stats.permutation_test(
        (after, before),
        lambda a, b, axis=-1: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=5 * RESAMPLES - 1,
        rng=np.random.default_rng(SEED),
    )
    return float(found.pvalue), "paired permutation"


def _holm(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with p corrected for their number (Holm 1979)."""
    order = sorted(range(len(pairs)), key=lambda index: pairs[index].p)
    corrected, highest = list(pairs), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, pairs[index].p * (len(pairs) - rank)))
        corrected[index] = replace(pairs[index], p=highest)
    return corrected


def _change(key: str, first: Run, second: Run) -> Change:
    """A case's first failing result on the side where it fails, and a passing one on the other."""
    before, after = first.by_case[key], second.by_case[key]
    better = second.scores[key] > first.scores[key]
    return Change(key, _result(before, passed=not better), _result(after, passed=better))


def _result(results: Sequence[Result], *, passed: bool) -> Result:
    return next((result for result in results if result.passed is passed), results[0])
