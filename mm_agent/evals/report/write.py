"""Reports as files, in the format of their ending."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from mm_agent.errors import EvalError
from mm_agent.evals.report.html import run_html
from mm_agent.evals.report.junit import run_junit
from mm_agent.evals.report.markdown import run_markdown
from mm_agent.evals.report.run import Run
from mm_agent.evals.report.summary import summarise
from mm_agent.media.atomic import write_atomic

T = TypeVar("T")
FORMATS: Mapping[str, Callable[[Run], str]] = {
    ".html": run_html,
    ".md": run_markdown,
    ".json": lambda run: json.dumps(summarise(run).document(), ensure_ascii=False, indent=2) + "\n",
    ".xml": run_junit,
}
"""What a run's report may end in."""


def write_report(path: Path, run: Run) -> None:
    """Write a run's report.

    Raises:
        EvalError: Another ending.
        MediaError: It cannot be written there.
    """
    write_in(path, FORMATS, run)


def write_in(path: Path, formats: Mapping[str, Callable[[T], str]], what: T) -> None:
    """Write in the format that a file's ending names."""
    check_ending(path, formats)
    text = formats[path.suffix.lower()](what)
    write_atomic(path, text.encode("utf-8", "backslashreplace"))


def check_ending(path: Path, formats: Mapping[str, object]) -> None:
    """Refuse a file whose ending is none of the formats', before the work.

    Raises:
        EvalError: It is none.
    """
    if path.suffix.lower() not in formats:
        raise EvalError(f"cannot write {path}: a report ends in {', '.join(formats)}")
