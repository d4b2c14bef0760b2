"""The edge: whatever goes wrong is one line that says how to fix it, and exit code 1."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mm_agent.cli import match
from mm_agent.cli.common import DTYPES, KERNELS
from mm_agent.vision import hardware
from tests.cli.conftest import Run, document, only_line, spawn_environment


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["match", "nowhere.png", "a cat"], "nowhere.png"),
        (["match", "broken.png", "a cat"], "broken.png"),
        (["match", "red.png", "a cat", "--vision", "./nowhere"], "nowhere"),
        (["match", "red.png", "a cat", "--device", "warp-drive"], "warp-drive"),
        (["chat", "red.png", "-q", "What is this?", "--llm", "wizard:merlin"], "wizard:merlin"),
        (["chat", "red.png", "-q", "What is this?", "--llm", "deepseek:deepseek-chat"], "DEEPSEEK_API_KEY"),
        (["features", "red.png", "-o", "no/such/folder/f.safetensors"], "mkdir -p no/such/folder"),
    ],
)
def test_errors_are_one_line_and_exit_1(run: Run, arguments: list[str], expected: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert expected in only_line("\n".join(errors))
    assert "Traceback" not in result.stderr


def test_with_json_stdout_still_holds_one_document(run: Run) -> None:
    result = run("match", "nowhere.png", "a cat", "--json")
    assert result.exit_code == 1
    assert "nowhere.png" in document(result)["error"]
    assert "nowhere.png" in only_line(result.stderr)


def test_a_bad_setting_is_an_error_like_any_other(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MM_AGENT_MAX_IMAGE_BYTES", "plenty")
    result = run("match", "red.png", "a cat")
    assert result.exit_code == 1
    assert "MM_AGENT_MAX_IMAGE_BYTES" in only_line(result.stderr)


def test_an_unexpected_error_is_one_line_with_a_way_to_see_more(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr(match, "open_picture", fail)
    result = run("match", "red.png", "a cat")
    assert result.exit_code == 1
    assert (
        only_line(result.stderr)
        == "error: RuntimeError: first second; set MM_AGENT_TRACEBACK=1 to see where it happened"
    )
    monkeypatch.setenv("MM_AGENT_TRACEBACK", "1")
    assert isinstance(run("match", "red.png", "a cat").exception, RuntimeError)


def test_ctrl_c_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(match, "open_picture", interrupt)
    result = run("match", "red.png", "a cat")
    assert (result.exit_code, only_line(result.stderr)) == (130, "interrupted")


def test_a_closed_pipe_is_quiet() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mm_agent.cli", "doctor"],
        env=spawn_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=120) == 1


def test_choices_equal_what_the_encoder_takes() -> None:
    assert set(DTYPES) == {"auto", *hardware.DTYPES}
    assert set(KERNELS) == {"auto", *(kernel.name for kernel in hardware.attention_report())}
