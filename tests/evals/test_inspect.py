"""The suites from inspect_ai's own command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log


@pytest.mark.slow
def test_inspect_eval_finds_the_task_and_a_path_from_where_it_runs(tmp_path: Path) -> None:
    suite = "cases:\n  - {id: hello, ask: Hello, answer: {contains: picture}}\n"
    (tmp_path / "few.yaml").write_text(suite, encoding="utf-8")
    command = "eval mm_agent/suite -T path=few.yaml -T llm=offline --model none/none --display plain"
    subprocess.run(
        [sys.executable, "-m", "inspect_ai", *command.split()], cwd=tmp_path, check=True, capture_output=True
    )
    (log,) = (read_eval_log(info) for info in list_eval_logs(str(tmp_path / "logs")))
    assert (log.status, log.eval.task) == ("success", "few")
    assert log.results is not None
    assert log.results.scores[0].metrics["accuracy"].value == 1
