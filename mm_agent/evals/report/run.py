"""What is in a run's logs: every case as often as it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, list_eval_logs, read_eval_log

from mm_agent.errors import EvalError
from mm_agent.evals.judging.record import Check, TurnRecord
from mm_agent.evals.run.task import RECORD
from mm_agent.evals.suite.case import Case, Turn

ANSWER_ASPECTS = ("answer", "abstain", "language")
"""What is judged by an answer's words alone, whatever the way to them."""


@dataclass(frozen=True)
class Result:
    """One case asked once; ``error`` is set when it crashed or ran into a limit."""

    suite: str
    case: Case
    epoch: int
    turns: tuple[TurnRecord, ...]
    checks: tuple[Check, ...]
    thumbnails: tuple[str, ...]
    error: str | None

    @property
    def key(self) -> str:
        """Which case it is, among all suites."""
        return f"{self.suite}/{self.case.id}"

    @property
    def passed(self) -> bool:
        """Everything held; one that crashed fails."""
        return self.error is None and all(check.passed for check in self.checks)

    @property
    def seconds(self) -> float:
        """Of all its turns."""
        return sum(turn.seconds for turn in self.turns)

    @property
    def tokens(self) -> int:
        """Of all its turns, in and out."""
        return sum(turn.tokens for turn in self.turns)

    @property
    def reasons(self) -> list[str]:
        """Why it fails, one line each."""
        if self.error:
            return [self.error]
        return [f"turn {c.turn + 1}, {c.aspect}: {c.reason}" for c in self.checks if not c.passed]


@dataclass(frozen=True)
class Run:
    """A folder of logs, one a suite, or a single log."""

    name: str
    facts: dict[str, str]
    results: tuple[Result, ...]
    complete: bool

    @cached_property
    def by_case(self) -> dict[str, list[Result]]:
        """The results of each case, over its epochs."""
        found: dict[str, list[Result]] = {}
        for result in self.results:
            found.setdefault(result.key, []).append(result)
        return found

    @cached_property
    def scores(self) -> dict[str, float]:
        """Each case's share of epochs in which it passed."""
        return {
            key: sum(result.passed for result in results) / len(results)
            for key, results in self.by_case.items()
        }

    @property
    def score(self) -> float:
        """The mean over cases."""
        return sum(self.scores.values()) / len(self.scores)

    def answers_alone(self) -> Run:
        """The run judged by what was answered, not by how; cases that expect no words are left out."""
        kept = [
            replace(result, checks=tuple(check for check in result.checks if check.aspect in ANSWER_ASPECTS))
            for result in self.results
            if any(_expects_words(turn) for turn in result.case.turns)
        ]
        if not kept:
            raise EvalError(f"no case of {self.name} expects anything of an answer's words")
        return replace(self, results=tuple(kept))


def read_run(path: str | Path, *, name: str | None = None) -> Run:
    """Read a log, or a folder of them: of each suite the newest.

    Raises:
        EvalError: There is no log, or one of something else.
    """
    path = Path(path)
    if not path.exists():
        raise EvalError(f"no log at {path}; mm-agent eval run SUITE --log-dir FOLDER writes some")
    newest: dict[str, EvalLog] = {}
    for log in _logs(path):
        if log.samples:
            newest.setdefault(log.eval.task, log)
    if not newest:
        raise EvalError(f"no log of a suite with cases in {path}; run mm-agent eval run first")
    results = [_result(log, sample) for log in newest.values() for sample in log.samples or ()]
    logs = list(newest.values())
    complete = all(log.status == "success" for log in logs)
    return Run(name or path.name, _facts(logs), tuple(sorted(results, key=_order)), complete)


def _expects_words(turn: Turn) -> bool:
    return bool(turn.answer or turn.language or turn.abstain is not None)


def _logs(path: Path) -> Sequence[EvalLog]:
    """The logs, newest first."""
    infos = list_eval_logs(str(path), recursive=False) if path.is_dir() else [str(path)]
    try:
        return [read_eval_log(info) for info in infos]
    except Exception as error:  # whatever its readers raise on a file of another kind
        raise EvalError(
            f"cannot read the logs in {path}: {error}; give a run's folder or .eval file"
        ) from error


def _result(log: EvalLog, sample: EvalSample) -> Result:
    if "case" not in sample.metadata:
        raise EvalError(f"{log.location} is a log of another task; give one of mm-agent eval run")
    kept: dict[str, Any] = sample.store.get(RECORD) or {}
    score = (sample.scores or {}).get("expectations")
    checks = (score.metadata or {}).get("checks", []) if score else []
    return Result(
        suite=log.eval.task,
        case=Case.model_validate(sample.metadata["case"]),
        epoch=sample.epoch,
        turns=tuple(TurnRecord.model_validate(turn) for turn in kept.get("turns", [])),
        checks=tuple(Check.model_validate(check) for check in checks),
        thumbnails=tuple(kept.get("thumbnails", [])),
        error=_error(sample, scored=bool(checks)),
    )


def _error(sample: EvalSample, *, scored: bool) -> str | None:
    if sample.error:
        return "crashed: " + " ".join(sample.error.message.split())
    if sample.limit:
        return f"ran into the limit of {sample.limit.type} ({sample.limit.limit:g})"
    return None if scored else "was not judged"


def _order(result: Result) -> tuple[str, str, str, int]:
    return result.suite, result.case.category, result.case.id, result.epoch


def _facts(logs: Sequence[EvalLog]) -> dict[str, str]:
    """What was run, for the head of a report; no addresses with passwords stand in settings."""
    args = logs[0].eval.task_args
    settings = {str(key): str(value) for key, value in (args.get("settings") or {}).items()}
    facts = {
        "suites": ", ".join(sorted(log.eval.task for log in logs)),
        "llm": str(args.get("llm") or settings.pop("llm", "") or "of the settings"),
        "agent": str(args.get("agent") or ""),
        "judge": str(args.get("judge") or ""),
        "seed": str(args.get("seed") or 0),
        "epochs": str(logs[0].eval.config.epochs or 1),
        "began": min(log.eval.created for log in logs),
        **settings,
    }
    return {key: value for key, value in facts.items() if value}
