"""``mm-agent eval``: exit codes and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mm_agent.local.checkpoint import find_checkpoint
from mm_agent.vision import SiglipEncoder
from tests.cli.conftest import Run, document, only_line
from tests.local.seeing import projector_for

SUITE = """\
cases:
  - {id: greets, ask: Hello, answer: {contains: picture}}
  - {id: greets-zh, ask: 你好, answer: {contains: 图片}, language: zh}
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.yaml"
    path.write_text(SUITE, encoding="utf-8")
    return path


def test_run_report_and_compare(run: Run, suite: Path, tmp_path: Path) -> None:
    asked = run("eval", "run", str(suite), "--log-dir", "a", "--report", "a.html", "--json")
    assert asked.exit_code == 0, asked.output
    assert document(asked)["overall"]["mean"] == 1.0
    assert "<h1>a</h1>" in (tmp_path / "a.html").read_text()
    shown = run("eval", "report", "a", "--out", "a.xml")
    assert (shown.exit_code, "of 2 cases passed" in shown.stdout) == (0, True)
    assert 'tests="2"' in (tmp_path / "a.xml").read_text()
    suite.write_text(SUITE.replace("contains: picture", "contains: la la"), encoding="utf-8")
    low = run("eval", "run", str(suite), "--log-dir", "b", "--fail-under", "0.9")
    assert (low.exit_code, "the score is below 0.9" in low.stderr) == (1, True)
    both = run("eval", "compare", "a", "b", "--no-worse-than", "a", "--json")
    assert (both.exit_code, document(both)["left_out"]) == (0, ["small/greets"])


def test_mistakes_are_one_line(run: Run, suite: Path) -> None:
    suite.write_text(SUITE + "  - {id: x, ask: Hi, answr: 1}\n", encoding="utf-8")
    failed = run("eval", "run", str(suite))
    assert failed.exit_code == 1
    assert "small.yaml:4: cases.2.turns.0.answr: there is no such field" in only_line(failed.stderr)
    assert "ends in .html" in only_line(run("eval", "run", str(suite), "--report", "a.pdf").stderr)
    assert "nothing to compare" in only_line(run("eval", "compare", str(suite)).stderr)


@pytest.mark.slow
def test_the_ways_a_model_sees_are_compared(run: Run, suite: Path, tmp_path: Path) -> None:
    """The demo language model with an untrained projector: its soft tokens say nothing, the tools do."""
    checkpoint = find_checkpoint("demo")
    width = json.loads((checkpoint / "config.json").read_text())["hidden_size"]
    encoder = SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")
    projector_for(encoder, str(checkpoint), text_width=width).save_pretrained(tmp_path / "projector")
    suite.write_text("generate:\n  - {kind: count, cases: 2, seed: 11}\n", encoding="utf-8")
    compared = run(
        *("eval", "compare", str(suite), "--projection", "text", "soft", "--vision", "demo"),
        *("--llm", "local:demo", "--projector", str(tmp_path / "projector"), "--out", "ways.html", "--json"),
    )
    assert compared.exit_code == 0, compared.output
    text, soft = document(compared)["runs"]
    assert (text["name"], text["facts"]["projection"], text["compared"]["mean"]) == ("text", "text", 1.0)
    assert (soft["name"], soft["facts"]["projection"], soft["compared"]["cases"]) == ("soft", "soft", 2)
    assert text["tokens"]["p50"] > soft["tokens"]["p50"]
    assert soft["tools"] == [] or all(tool["made"] == 0 for tool in soft["tools"])
    assert "text vs soft" in (tmp_path / "ways.html").read_text()
