"""Suites asked of real agents: the offline planner, whole and broken on purpose."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from mm_agent.errors import EvalError, MMAgentError
from mm_agent.evals.report.comparison import compare
from mm_agent.evals.report.run import Run, read_run
from mm_agent.evals.run.engine import Plan, run_suites
from tests.evals import agents

FEW = """\
generate:
  - {kind: colour, cases: 2, seed: 5}
cases:
  - {id: hello, ask: Hello, answer: {contains: picture}}
  - id: where
    media: {scene: {things: {what: dog, place: top left}, seed: 3}}
    ask: Where is the dog?
    answer: {contains: top left}
    evidence: {kind: region, of: dog}
"""
COUNTS = "generate:\n  - {kind: count, cases: 10, seed: 11}\n"
WHICH = "generate:\n  - {kind: which_picture, cases: 12, seed: 21}\n"
Ask = Callable[..., Run]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Run a suite of some text into a folder; the folder's results."""

    def run(text: str, folder: str, agent: str = "", *, suite: str = "few", **plan: object) -> Run:
        path = tmp_path / f"{suite}.yaml"
        path.write_text(text, encoding="utf-8")
        chosen = Plan.model_validate({"agent": f"{agents.__name__}:{agent}" if agent else "", **plan})
        run_suites([path], tmp_path / folder, chosen)
        return read_run(tmp_path / folder)

    return run


def test_the_same_run_twice_gives_the_same_scores(ask: Ask) -> None:
    first, second = ask(FEW, "first", epochs=2), ask(FEW, "second", epochs=2)
    assert len(first.results) == 8
    assert first.scores == second.scores
    assert [r.turns[0].text for r in first.results] == [r.turns[0].text for r in second.results]
    failed = [(r.key, r.error, r.turns[0].text) for r in first.results if not r.passed]
    assert first.score == 1.0, failed
    assert first.by_case["few/where"][0].thumbnails[0].startswith("data:image/jpeg;base64,")


def test_a_run_leaves_the_log_level_as_it_was(ask: Ask) -> None:
    root = logging.getLogger()
    before, root_level = root.level, logging.INFO
    root.setLevel(root_level)
    try:
        ask(FEW, "run", limit=1)
        assert root.level == root_level
    finally:
        root.setLevel(before)


def test_a_crash_costs_that_case_only(ask: Ask) -> None:
    text = FEW + "  - {id: crash, ask: CRASH now, answer: {contains: picture}}\n"
    broken = ask(text, "run", "crashing")
    assert (broken.complete, len(broken.results)) == (False, 5)
    assert [r.key for r in broken.results if r.error] == ["few/crash"]
    assert "the agent fell over" in str(broken.by_case["few/crash"][0].error)
    assert sum(broken.scores.values()) == 4
    before = {r.key: r.turns for r in broken.results if not r.error}
    again = ask(text, "run", "crashing")
    assert {
        r.key: r.turns for r in again.results if not r.error
    } == before  # their clocks too: not asked again
    with pytest.raises(EvalError, match="holds logs of another suite, agent or model"):
        ask(text, "run", "whole")


def test_a_resumed_run_asks_what_crashed(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    text = FEW + "  - {id: crash, ask: CRASH now, answer: {contains: CRASH}}\n"
    ask(text, "run", "crashing")
    monkeypatch.setenv("MM_AGENT_TEST_MENDED", "1")
    mended = ask(text, "run", "crashing")
    assert (mended.complete, mended.by_case["few/crash"][0].error) == (True, None)


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["without_counting", "wrong_handle"])
def test_a_broken_agent_is_caught(ask: Ask, broken: str) -> None:
    whole = ask(COUNTS, "whole")
    worse = ask(COUNTS, "broken", broken)
    found = compare([whole, worse]).pairs[0]
    assert found.worse
    assert found.p < 0.05
    same = ask(COUNTS, "same", "whole")
    assert not compare([whole, same]).pairs[0].worse


@pytest.mark.slow
def test_an_emptied_prompt_is_caught(ask: Ask) -> None:
    """Without the list of media the demo language model does not know what to look at."""
    demo = {"settings": {"llm": "local:demo"}}
    whole, worse = ask(WHICH, "whole", **demo), ask(WHICH, "broken", "prompt_emptied", **demo)
    found = compare([whole, worse]).pairs[0]
    assert found.worse
    assert found.p < 0.05


def test_a_case_over_its_time_is_stopped(ask: Ask) -> None:
    slow = ask("cases:\n  - {id: a, ask: Hello, answer: {contains: x}}\n", "slow", "dawdling", time_limit_s=1)
    assert "ran into the limit of time" in str(slow.results[0].error)
    assert agents.STOPPED == ["Hello"]


def test_mistakes_are_told_before_anything_runs(ask: Ask) -> None:
    with pytest.raises(EvalError, match="no agent at"):
        ask(FEW, "run", "nobody")
    with pytest.raises(MMAgentError, match="unknown language model"):
        ask(FEW, "run", settings={"llm": "gpt"})
    with pytest.raises(EvalError, match="no log"):
        read_run("nowhere")
