"""Suites from files, and errors that name the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mm_agent.errors import EvalError
from mm_agent.evals.suite.read import find_suites, read_suite

GOOD = """\
name: small
cases:
  - id: one
    ask: How many cats?
    answer: {number: 2, of: cat}
"""


def write(folder: Path, text: str, name: str = "suite.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_one_turn_may_stand_in_the_case(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, GOOD))
    (case,) = suite.cases
    assert (suite.name, case.turns[0].ask, case.turns[0].answer[0].number) == ("small", "How many cats?", 2)


def test_json_lines_hold_one_case_each(tmp_path: Path) -> None:
    line = '{"id": "%s", "ask": "Hi", "answer": {"contains": "x"}}\n'
    suite = read_suite(write(tmp_path, line % "a" + "\n" + line % "b", "few.jsonl"))
    assert (suite.name, [case.id for case in suite.cases]) == ("few", ["a", "b"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "    answr: 3\n", r"suite.yaml:6: .*answr: there is no such field"),
        (GOOD.replace("number: 2, of: cat", "nmber: 2"), r"suite.yaml:5: .*nmber"),
        (GOOD.replace("number: 2", "number: 2, exact: two"), r"suite.yaml:5: .*is one of exact"),
        (
            GOOD + "  - id: one\n    ask: Hi\n    abstain: true\n",
            r"suite.yaml:1: .*two cases have the id 'one'",
        ),
        (GOOD + "  - id: two\n    ask: Hi\n", r"suite.yaml:6: .*nothing is expected"),
        (GOOD + "    ask: Again?\n", r"suite.yaml:6: 'ask' stands twice"),
        (GOOD + "    media: {scene: {things: {what: gribble}}}\n", r"suite.yaml:6: .*'gribble' is no thing"),
        (GOOD + "    media: {file: a.png, clip: {shots: []}}\n", r"suite.yaml:6: "),
        ("name: x\ngenerate:\n  - {kind: cuont, cases: 1}\n", r"suite.yaml:3: .*'cuont'.*count"),
        ("cases: [\n", r"suite.yaml:\d+: not YAML"),
        ("name: empty\n", r"holds no cases"),
    ],
)
def test_mistakes_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EvalError, match=message):
        read_suite(write(tmp_path, text))


def test_a_bad_json_line_is_named(tmp_path: Path) -> None:
    good = '{"id": "a", "ask": "Hi", "answer": {"contains": "x"}}\n'
    with pytest.raises(EvalError, match=r"few.jsonl:2: not JSON"):
        read_suite(write(tmp_path, good + "{oops\n", "few.jsonl"))
    with pytest.raises(EvalError, match=r"few.jsonl:2: .*nothing is expected"):
        read_suite(write(tmp_path, good + '{"id": "b", "ask": "Hi"}\n', "few.jsonl"))


def test_another_seed_draws_other_cases(tmp_path: Path) -> None:
    path = write(tmp_path, "generate:\n  - {kind: count, cases: 6}\n")
    first, again, other = read_suite(path), read_suite(path), read_suite(path, seed=1)
    assert first == again
    assert [case.turns for case in first.cases] != [case.turns for case in other.cases]
    assert [case.spoken for case in first.cases] == ["en", "zh"] * 3


def test_a_folder_stands_for_its_suites(tmp_path: Path) -> None:
    paths = [write(tmp_path, GOOD, "a.yaml"), write(tmp_path, "", "b.jsonl")]
    write(tmp_path, "", "notes.txt")
    assert find_suites([tmp_path]) == paths
    with pytest.raises(EvalError, match="no suite at"):
        find_suites([tmp_path / "none.yaml"])
