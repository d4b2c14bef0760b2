"""Runs made by hand, without asking anybody."""

from __future__ import annotations

from typing import Any

from mm_agent.evals.judging.record import CallRecord, Check, TurnRecord, verdict
from mm_agent.evals.report.run import Result, Run
from mm_agent.evals.suite.case import Case


def call(
    name: str, *, artifact: dict[str, Any] | None = None, failed: bool = False, **args: Any
) -> CallRecord:
    """A tool call that ran."""
    return CallRecord(name=name, args=args, result_text="said", artifact=artifact, seconds=0.1, failed=failed)


def turn(text: str = "", *calls: CallRecord, question: str = "How many cats?", **more: Any) -> TurnRecord:
    """A turn that was answered."""
    return TurnRecord(question=question, text=text, calls=calls, **more)


def case(name: str = "a", **fields: Any) -> Case:
    """A case with one turn."""
    values = {"id": name, "ask": "How many cats?", "answer": {"number": 2, "of": "cat"}}
    return Case.model_validate(values | fields)


def result(name: str, passed: bool, *, epoch: int = 1, error: str | None = None, **fields: Any) -> Result:
    """A case that passed or failed."""
    check: Check = verdict("answer", 0, passed, "the answer gives 3 of cat, not 2")
    text = "I count 2 cats." if passed else "I count 3 cats."
    record = turn(text, seconds=0.5, input_tokens=10, output_tokens=5, cost=0.001)
    return Result("s", case(name, **fields), epoch, (record,), (check,), (), error)


def run(name: str, outcomes: dict[str, Any]) -> Run:
    """A run by case: True, False, or a list of them by epoch."""
    results = []
    for key, outcome in outcomes.items():
        epochs = outcome if isinstance(outcome, list) else [outcome]
        results += [result(key, bool(passed), epoch=n) for n, passed in enumerate(epochs, 1)]
    return Run(name, {"llm": "offline"}, tuple(results), True)
