"""Suites on inspect_ai's ``eval_set``: epochs, parallel cases, logs, and going on after a crash."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

from inspect_ai import eval_set
from pydantic import Field

from mm_agent.errors import EvalError
from mm_agent.evals.run.contender import find_contender
from mm_agent.evals.run.task import suite
from mm_agent.evals.suite.part import Part
from mm_agent.settings import load_settings


class Plan(Part, frozen=True):
    """How suites are run."""

    settings: Mapping[str, Any] = Field(default={}, description="Over those in force: llm, vision, ...")
    agent: str = Field(default="", description="module:function of another agent; empty: a chat session.")
    judge: str = Field(default="", description="The chat model that judges answers; empty: none.")
    seed: int = Field(default=0, ge=0, description="Another one draws fresh cases.")
    epochs: int = Field(default=1, ge=1, description="How often each case is asked.")
    max_parallel: int = Field(default=2, ge=1, description="Cases at a time.")
    limit: int | None = Field(default=None, ge=1, description="Only the first cases of each suite.")
    retries: int = Field(default=0, ge=0, description="How often a case that crashed is asked again.")
    record: Path | None = Field(default=None, description="Keeps the chat model's HTTP traffic.")
    replay: Path | None = Field(default=None, description="Answers it from a recording.")
    time_limit_s: int | None = Field(default=None, ge=1, description="Longest time for a case.")


def run_suites(
    paths: Sequence[Path], log_dir: Path, plan: Plan, *, display: Literal["none", "rich", "plain"] = "none"
) -> bool:
    """Run suites into a folder of logs; what is there already is not run again.

    A case that crashes costs that case only; the next run with the same folder and plan asks it again, and
    those that were not reached.

    Returns:
        Whether every case was asked to its end.

    Raises:
        EvalError: The folder holds logs of something else.
        MMAgentError: The agent or a suite cannot be loaded.
    """
    find_contender(plan.agent, plan.settings)  # here its errors are one line, not one a case
    settings = dict(plan.settings)
    told = {"seed": plan.seed, "agent": plan.agent, "judge": plan.judge, "settings": settings}
    llm = load_settings(settings).llm
    tasks = [suite(path=str(path), llm=llm, **told) for path in paths]
    log_dir.mkdir(parents=True, exist_ok=True)
    try:
        with _traffic(plan), _own_log_level():
            done, _ = eval_set(
                tasks,
                log_dir=str(log_dir),
                model=None,
                epochs=plan.epochs,
                limit=plan.limit,
                max_samples=plan.max_parallel,
                max_tasks=1,
                time_limit=plan.time_limit_s,
                retry_on_error=plan.retries,
                # Every case is tried; one that crashed makes its log one to take up again.
                fail_on_error=True,
                continue_on_fail=True,
                retry_attempts=0,
                retry_immediate=False,
                log_buffer=1,
                log_realtime=False,
                ctl_server=False,
                log_level="error",
                display=display,
            )
    except Exception as error:
        if type(error).__name__ != "PrerequisiteError":  # inspect_ai exports it nowhere
            raise
        raise EvalError(_plain(error, log_dir)) from error
    return done


@contextmanager
def _own_log_level() -> Iterator[None]:
    """inspect_ai sets the level of everybody's log messages; behind it they are as they were."""
    level = logging.getLogger().level
    try:
        yield
    finally:
        logging.getLogger().setLevel(level)


def _traffic(plan: Plan) -> AbstractContextManager[None]:
    """Record or replay, if that is asked for."""
    if plan.record is None and plan.replay is None:
        return nullcontext()
    from mm_agent.evals.replay import traffic

    if plan.replay is not None:
        return traffic(plan.replay, "replay")
    return traffic(Path(str(plan.record)), "record")


def _plain(error: Exception, log_dir: Path) -> str:
    """A message without inspect_ai's markup for terminals and its own options."""
    from rich.text import Text

    said = " ".join(Text.from_markup(str(error)).plain.split())
    if "not associated with a task" in said:
        return f"{log_dir} holds logs of another suite, agent or model; choose another --log-dir"
    return f"cannot run into {log_dir}: {said}"
