"""The page about the demo language model says what was measured, and how sure that is."""

from __future__ import annotations

import sys

import pytest

from mm_agent.local.demo import measure
from mm_agent.local.demo.exam import exam
from mm_agent.local.demo.exam.marking import Mark


def marks(right: int, wrong: int) -> list[Mark]:
    cases = list(exam(1, 1, ["count", "unknown tool"]))
    every = [Mark(case, True, True, True, "") for case in cases] * right
    return every + [Mark(case, True, True, False, "") for case in cases] * wrong


def test_the_interval_is_wilsons() -> None:
    assert measure.interval(85, 100) == pytest.approx((0.7672, 0.9069), abs=1e-4)
    assert measure.interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert measure.interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_only_what_was_asked_has_a_row_and_all_is_last() -> None:
    lines = measure.group_rows(marks(3, 1))
    names = [line["questions"] for line in lines]
    assert names == ["pictures", "other tools", "all in English", "all in Chinese", "all"]
    assert lines[-1]["cases"] == 16
    assert lines[-1]["answered"] == 0.75
    assert [line["question"] for line in measure.kind_rows(marks(1, 0))] == ["count"] * 2 + [
        "unknown tool"
    ] * 2


def test_the_page_says_whether_the_aim_is_reached() -> None:
    reached, missed = (measure.page(marks(9, n), parameters=9.9, size=19.8) for n in (1, 9))
    assert "these weights reach it" in reached
    assert "**the aim is missed**" in missed
    assert "| count | en | 18 | 100% | 100% | 50% | 50% | 29–71% |" in missed


def test_a_page_of_some_kinds_only_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["measure", "--kind", "count", "--out", "docs"])
    with pytest.raises(SystemExit):
        measure.main()
    assert "leave out --kind" in capsys.readouterr().err
