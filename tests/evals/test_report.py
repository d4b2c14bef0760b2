"""Reports of runs made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mm_agent.errors import EvalError
from mm_agent.evals.report.comparison import compare
from mm_agent.evals.report.html import run_html
from mm_agent.evals.report.junit import run_junit
from mm_agent.evals.report.markdown import run_markdown
from mm_agent.evals.report.side_by_side import comparison_html, comparison_markdown
from mm_agent.evals.report.summary import summarise
from mm_agent.evals.report.tool_use import tool_scores
from mm_agent.evals.report.write import write_report
from tests.evals.runs import call, result, run, turn

MIXED = run("mixed", {"a": True, "b": False, "c": True, "d": True})


def test_the_numbers() -> None:
    found = summarise(MIXED)
    assert (found.overall.mean, found.overall.cases) == (0.75, 4)
    assert (found.total_tokens, found.tokens.p50) == (60, 15)
    assert found.total_cost == pytest.approx(0.004)
    assert [(share.name, share.mean) for share in found.aspects] == [("answer", 0.75)]


def test_a_cost_that_is_not_known_stays_so() -> None:
    unknown = replace(MIXED.results[0], turns=(turn("x", cost=None),))
    assert summarise(replace(MIXED, results=(*MIXED.results[1:], unknown))).total_cost is None


def test_precision_and_recall_of_tools() -> None:
    expected = {"match": "unordered", "calls": [{"tool": "locate"}, {"tool": "count_objects"}]}
    asked = result("a", True, trajectory=expected)
    made = turn("x", call("locate"), call("locate", failed=True), call("match_text"))
    scores = {score.tool: score for score in tool_scores([replace(asked, turns=(made,))])}
    assert (scores["locate"].precision, scores["locate"].recall, scores["locate"].failed) == (0.5, 1.0, 1)
    assert (scores["count_objects"].precision, scores["count_objects"].recall) == (None, 0.0)
    assert scores["match_text"].precision == 0.0


def test_markdown_names_the_failures() -> None:
    text = run_markdown(MIXED)
    assert "**75.0 % (30.1 to 95.4)** of 4 cases passed" in text
    assert (
        "| s/b | How many cats? | I count 3 cats. | turn 1, answer: the answer gives 3 of cat, not 2 |"
        in text
    )


def test_html_needs_nothing_else_and_escapes() -> None:
    evil = result("<script>alert(1)</script>", False)
    page = run_html(replace(MIXED, results=(*MIXED.results, evil)))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "75.0" not in page.split("<style>")[0]
    assert "60.0 %" in page  # three of five


def test_junit_tells_failures_from_crashes() -> None:
    crashed = result("e", False, error="crashed: out of \x00memory")
    root = ElementTree.fromstring(run_junit(replace(MIXED, results=(*MIXED.results, crashed))))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "1", "1")
    failure, error = suite.find(".//failure"), suite.find(".//error")
    assert failure is not None
    assert error is not None
    assert (failure.get("message"), error.get("message")) == (
        "turn 1, answer: the answer gives 3 of cat, not 2",
        "crashed: out of memory",
    )


def test_files_by_their_ending(tmp_path: Path) -> None:
    write_report(tmp_path / "r.json", MIXED)
    assert json.loads((tmp_path / "r.json").read_text())["overall"]["mean"] == 0.75
    with pytest.raises(EvalError, match=r"ends in \.html, \.md, \.json, \.xml"):
        write_report(tmp_path / "r.pdf", MIXED)


def test_a_comparison_shows_both_answers() -> None:
    before = run("before", {f"c{n}": True for n in range(10)})
    after = run("after", {f"c{n}": n > 6 for n in range(10)})
    found = compare([before, after])
    text, page = comparison_markdown(found), comparison_html(found)
    assert "after is worse than before: -70.0 points" in text
    assert "p = 0.016 (McNemar exact)" in text
    assert "| s/c0 | How many cats? | I count 2 cats. | I count 3 cats. – turn 1" in text
    assert page.count('class="case"') == 7
    assert "Broke in after: 7" in page


def test_answers_alone_leave_the_way_out() -> None:
    missed = MIXED.results[0].checks[0].model_copy(update={"aspect": "trajectory", "passed": False})
    strict = replace(MIXED.results[0], checks=(*MIXED.results[0].checks, missed))
    found = replace(MIXED, results=(strict, *MIXED.results[1:]))
    assert (found.score, found.answers_alone().score) == (0.5, 0.75)
