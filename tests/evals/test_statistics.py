"""Intervals and paired tests against known values."""

from __future__ import annotations

import numpy as np
import pytest

from mm_agent.errors import EvalError
from mm_agent.evals.report.comparison import compare, paired_test
from mm_agent.evals.report.statistics import share, spread
from tests.evals.runs import run


def test_wilsons_interval() -> None:
    """The worked example of Newcombe 1998, table I: 81 of 263."""
    found = share("x", [1.0] * 81 + [0.0] * 182)
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))


def test_shares_by_epochs_are_resampled_and_repeat() -> None:
    scores = [0.5, 1.0, 0.0, 1.0, 1.0, 0.5] * 5
    found = share("x", scores)
    assert found.low < found.mean < found.high
    assert found == share("x", scores)


def test_mcnemars_exact_test() -> None:
    """Nine cases broke and one was fixed: twice the binomial tail, 22 of 1024."""
    before = np.array([1.0] * 9 + [0.0] + [1.0] * 20)
    after = np.array([0.0] * 9 + [1.0] + [1.0] * 20)
    p, test = paired_test(before, after)
    assert (p, test) == (pytest.approx(22 / 1024), "McNemar exact")
    assert paired_test(before, before)[0] == 1.0


def test_shares_by_epochs_are_permuted() -> None:
    before = np.full(12, 2 / 3)
    after = before - np.array([1 / 3] * 10 + [0, 0])
    p, test = paired_test(before, after)
    assert (p < 0.01, test) == (True, "paired permutation")


def test_percentiles() -> None:
    found = spread(list(range(101)))
    assert (found.p50, found.p90, found.p99, found.most) == (50, 90, 99, 100)


def test_what_was_fixed_and_what_broke() -> None:
    before = run("before", {f"c{n}": n != 0 for n in range(12)})
    after = run("after", {f"c{n}": n < 3 for n in range(12)})
    found = compare([before, after]).pair("after")
    assert [change.key for change in found.fixed] == ["s/c0"]
    assert len(found.broke) == 9
    assert (found.worse, found.better) == (True, False)
    assert found.difference.mean == pytest.approx(-8 / 12)


def test_too_few_changes_prove_nothing() -> None:
    before = run("before", {f"c{n}": True for n in range(12)})
    after = run("after", {f"c{n}": n >= 5 for n in range(12)})
    assert not compare([before, after]).pair("after").worse  # 5 of 5: p = 0.0625


def test_several_pairs_are_corrected() -> None:
    """By Holm: the smallest p counts as often as there are pairs."""
    whole = run("whole", {f"c{n}": True for n in range(12)})
    broken = run("broken", {f"c{n}": n >= 6 for n in range(12)})
    alone = compare([whole, broken]).pair("broken")
    several = compare([whole, broken, run("same", {f"c{n}": True for n in range(12)})]).pair("broken")
    assert alone.p == pytest.approx(2 / 64)
    assert several.p == pytest.approx(4 / 64)
    assert (alone.worse, several.worse) == (True, False)


def test_only_shared_cases_count() -> None:
    found = compare([run("a", {"x": True, "y": False}), run("b", {"x": True, "z": True})])
    assert found.left_out == ("s/y", "s/z")
    assert found.shares[0].cases == 1
    with pytest.raises(EvalError, match="no case in common"):
        compare([run("a", {"x": True}), run("b", {"z": True})])


def test_epochs_are_one_case() -> None:
    found = run("a", {"x": [True, False, True, True]})
    assert found.scores == {"s/x": 0.75}
