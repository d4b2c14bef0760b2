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
MODES = ("text", "soft", "both")
"""How pictures reach a chat model."""


@click.group("eval")
def eval() -> None:
    """Ask an agent scripted questions, judge its answers, compare two of them."""


def plan_options(function: Any) -> Any:
    """How suites are run."""
    options = (
        click.option("--agent", default="", metavar="MODULE:FUNCTION", help="Another agent than the chat."),
        click.option("--judge", default="", metavar="SPEC", help="Chat model that judges answers."),
        click.option(
            "--epochs", type=_COUNT, default=1, show_default=True, help="How often each case is asked."
        ),
        click.option("--max-parallel", type=_COUNT, default=2, show_default=True, help="Cases at a time."),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Another one draws fresh cases.",
        ),
        click.option("--limit", type=_COUNT, help="Only the first cases of each suite."),
        click.option(
            "--retries",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="How often a case that crashed is asked again at once.",
        ),
        click.option("--record", type=_PATHS, help="Keep the chat model's HTTP traffic here, without keys."),
        click.option("--replay", type=_PATHS, help="Answer from a recording; nothing is sent."),
        click.option("--time-limit", "time_limit_s", type=_COUNT, help="Most seconds for a case."),
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


@eval.command(cls=Verb)
@click.argument("targets", nargs=-1, required=True)
@click.option(
    "--projection",
    "modes",
    type=click.Choice(MODES),
    multiple=True,
    help="Run the suites TARGETS once in each of these ways and compare: --projection text soft both.",
)
@click.option("--projector", metavar="FOLDER", help="Projector that makes the soft tokens.")
@click.option(
    "--measure",
    type=click.Choice(("all", "answers")),
    help="Judge by all expectations or the answers' words alone. Default: all; with --projection, answers.",
)
@click.option(
    "--log-dir",
    type=_PATHS,
    default=Path("eval-logs"),
    show_default=True,
    help="With --projection: the runs' logs, a folder each.",
)
@click.option("--out", "reports", type=_PATHS, multiple=True, help="Write a .html, .md or .json.")
@click.option("--fail-under", type=click.FloatRange(0, 1), help="Exit with 1 when the last score is lower.")
@click.option(
    "--no-worse-than",
    "baseline",
    metavar="RUN",
    help="Exit with 1 when any other is worse than this one of the runs, with p < 0.05.",
)
@plan_options
@llm_option
@language_option
@common_options
@pass_call
def compare(
    call: Call,
    targets: tuple[str, ...],
    modes: tuple[str, ...],
    projector: str | None,
    measure: str | None,
    log_dir: Path,
    reports: tuple[Path, ...],
    fail_under: float | None,
    baseline: str | None,
    **options: Any,
) -> None:
    """Hold runs against each other, case by case.

    TARGETS are two runs or more, each a folder of logs or an .eval file; all are held against the first, or
    against --no-worse-than. With --projection they are suites, which are run first.
    """
    need_extra()
    hush_libraries()
    from mm_agent.evals.report import comparison
    from mm_agent.evals.report.run import read_run
    from mm_agent.evals.report.side_by_side import FORMATS, comparison_markdown
    from mm_agent.evals.report.write import check_ending, write_in

    for path in reports:
        check_ending(path, FORMATS)
    if modes:
        # `--projection text soft both`: click takes the first word, the others are left among TARGETS.
        chosen = list(dict.fromkeys([*modes, *(target for target in targets if target in MODES)]))
        suites = [Path(target) for target in targets if target not in MODES]
        folders = _run_modes(call, suites, chosen, projector, log_dir, options)
    else:
        folders = [Path(target) for target in targets]
    if len(folders) < 2:
        raise EvalError("there is nothing to compare with; give two runs, or two ways after --projection")
    runs = [read_run(folder) for folder in _baseline_first(folders, baseline)]
    if (measure or ("answers" if modes else "all")) == "answers":
        runs = [found.answers_alone() for found in runs]
    found = comparison.compare(runs)
    for path in reports:
        write_in(path, FORMATS, found)
        call.remark(f"wrote {path}")
    call.emit(found.document(), comparison_markdown(found).rstrip())
    if baseline and (worse := [pair.name for pair in found.pairs if pair.worse]):
        raise EvalError(f"worse than {found.runs[0].name}: {', '.join(worse)}")
    if fail_under is not None and found.shares[-1].mean < fail_under:
        raise EvalError(f"the score of {found.shares[-1].name} is below {fail_under:g}")


def _baseline_first(folders: list[Path], baseline: str | None) -> list[Path]:
    if baseline is None:
        return folders
    chosen = [path for path in folders if baseline in (str(path), path.name)]
    if not chosen:
        raise EvalError(f"--no-worse-than {baseline} is none of the runs; name one of those compared")
    return [chosen[0], *(path for path in folders if path != chosen[0])]


def _run_modes(
    call: Call,
    suites: list[Path],
    modes: list[str],
    projector: str | None,
    log_dir: Path,
    options: dict[str, Any],
) -> list[Path]:
    """Run suites once in each way; the folders of the logs."""
    from mm_agent.evals.run.engine import run_suites
    from mm_agent.evals.suite.read import find_suites

    if projector:
        call.overrides["projector"] = projector
    for mode in modes:
        call.remark(f"projection {mode}")
        plan = _plan(call, options)
        plan = plan.model_copy(update={"settings": {**plan.settings, "projection": mode}})
        if not run_suites(find_suites(suites), log_dir / mode, plan, display=_display(call)):
            call.remark(f"some cases crashed with projection {mode}; they count as failed")
    return [log_dir / mode for mode in modes]


@eval.command(cls=Verb)
@click.argument("data", type=_PATHS)
@click.option("--template", "templates", multiple=True, help="Own caption template with {label}; repeat it.")
@click.option("--ablation/--no-ablation", default=True, show_default=True, help="Try other texts too.")
@click.option("--out", "reports", type=_PATHS, multiple=True, help="Write a .md or .json.")
@common_options
@pass_call
def zeroshot(
    call: Call, data: Path, templates: tuple[str, ...], ablation: bool, reports: tuple[Path, ...]
) -> None:
    """Measure the encoder: zero-shot classification, or retrieval by captions.

    DATA is a folder with a folder of pictures per class, or a .csv with the columns image, and label
    (several joined by |) or caption.
    """
    need_extra()
    from mm_agent.evals.report.write import check_ending, write_in
    from mm_agent.evals.zeroshot.benchmark import benchmark
    from mm_agent.evals.zeroshot.data import read_pictures
    from mm_agent.evals.zeroshot.report import FORMATS, benchmark_markdown

    for path in reports:
        check_ending(path, FORMATS)
    pictures = read_pictures(data)
    policy = call.settings.media_policy()
    found = benchmark(call.encoder, pictures, templates=templates, ablation=ablation, policy=policy)
    for path in reports:
        write_in(path, FORMATS, found)
        call.remark(f"wrote {path}")
    for line in found.unusable:
        call.remark(f"left out {line}")
    call.remark(call.encoder.notice())
    call.emit(found.document(), benchmark_markdown(found).rstrip())


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

    if options["record"] and options["replay"]:
        raise EvalError("--record and --replay exclude each other; give one of them")
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

    missing = [
        name
        for name in ("inspect_ai", "jinja2", "openevals", "sklearn", "vcr", "yaml")
        if find_spec(name) is None
    ]
    if missing:
        raise MissingDependency(f'evaluations need {", ".join(missing)}: pip install "mm-agent[evals]"')
