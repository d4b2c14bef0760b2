"""``mm-agent eval``: run suites of cases, report, compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mm_agent.cli.common import (
    Call,
    Verb,
    common_options,
    hush_libraries,
    language_option,
    llm_option,
    pass_call,
    projection_options,
)
from mm_agent.errors import EvalError, MissingDependency

if TYPE_CHECKING:
    from mm_agent.evals.run.engine import Plan

_PATHS = click.Path(path_type=Path)
_COUNT = click.IntRange(min=1)


@click.group("eval")
def eval() -> None:
    """Ask an agent scripted questions, judge its answers, compare two of them."""


def plan_options(function: Any) -> Any:
    """How suites are run."""
    options = (
        click.option("--agent", default="", metavar="MODULE:FUNCTION", help="Another agent than the chat."),
        click.option("--judge", default="", metavar="SPEC", help="Chat model that judges answers."),
        click.option("--epochs", type=_COUNT, default=1, show_default=True, help="How often each case is asked."),
        click.option("--max-parallel", type=_COUNT, default=2, show_default=True, help="Cases at a time."),
        click.option(
            "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another one draws fresh cases."
        ),
        click.option("--limit", type=_COUNT, help="Only the first cases of each suite."),
        click.option(
            "--retries",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="How often a case that crashed is asked again at once.",
        ),
        click.option("--time-limit", "time_limit_s", type=_COUNT, help="Longest time for a case, in seconds."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@eval.command(cls=Verb)
@click.argument("suites", nargs=-1, required=True, type=_PATHS)
@click.option(
    "--log-dir",
    type=_PATHS,
    default=Path("eval-logs"),
    show_default=True,
    help="Folder of the run's logs; the same command goes on where it stopped.",
)
@click.option(
    "--report", "reports", type=_PATHS, multiple=True, help="Also write a .html, .md, .json or .xml (JUnit)."
)
@click.option("--fail-under", type=click.FloatRange(0, 1), help="Exit with 1 when the score is lower.")
@plan_options
@llm_option
@projection_options
@language_option
@common_options
@pass_call
def run(
    call: Call,
    suites: tuple[Path, ...],
    log_dir: Path,
    reports: tuple[Path, ...],
    fail_under: float | None,
    **options: Any,
) -> None:
    """Run suites: YAML or JSON-lines files, or folders of them.

    A case that crashes costs that case only; give the same command again to ask it once more. The logs are
    inspect_ai's: `inspect view --log-dir FOLDER` shows every case.
    """
    need_extra()
    hush_libraries()
    from mm_agent.evals.report.run import read_run
    from mm_agent.evals.report.write import FORMATS, check_ending
    from mm_agent.evals.run.engine import run_suites
    from mm_agent.evals.suite.read import find_suites

    for path in reports:
        check_ending(path, FORMATS)
    complete = run_suites(find_suites(suites), log_dir, _plan(call, options), display=_display(call))
    _show(call, log_dir, reports)
    if not complete:
        call.failed = True
        call.remark("some cases crashed or were not reached; the same command asks them again")
    if fail_under is not None and read_run(log_dir).score < fail_under:
        raise EvalError(f"the score is below {fail_under:g}")


@eval.command(cls=Verb)
@click.argument("log", type=_PATHS)
@click.option(
    "--out", "reports", type=_PATHS, multiple=True, help="Write a .html, .md, .json or .xml (JUnit)."
)
@common_options
@pass_call
def report(call: Call, log: Path, reports: tuple[Path, ...]) -> None:
    """Show what is in a run's logs: a folder, or one .eval file."""
    need_extra()
    _show(call, log, reports)


def _show(call: Call, log: Path, reports: tuple[Path, ...]) -> None:
    """Print a run's numbers and write its reports."""
    from mm_agent.evals.report.markdown import run_markdown
    from mm_agent.evals.report.run import read_run
    from mm_agent.evals.report.summary import summarise
    from mm_agent.evals.report.write import write_report

    found = read_run(log)
    for path in reports:
        write_report(path, found)
        call.remark(f"wrote {path}")
    call.emit(summarise(found).document(), run_markdown(found).rstrip())


def _plan(call: Call, options: dict[str, Any]) -> Plan:
    from mm_agent.evals.run.engine import Plan

    return Plan(settings=call.overrides, **options)


def _display(call: Call) -> Any:
    """Progress on a terminal only."""
    import sys

    return "rich" if sys.stderr.isatty() and not call.as_json else "none"


def need_extra() -> None:
    """Say how to install what evaluations need.

    Raises:
        MissingDependency: It is not there.
    """
    from importlib.util import find_spec

    missing = [name for name in ("inspect_ai", "openevals", "scipy", "yaml") if find_spec(name) is None]
    if missing:
        raise MissingDependency(
            f"evaluations need {', '.join(missing)}: pip install \"mm-agent[evals]\""
        )
