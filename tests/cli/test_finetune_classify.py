"""``mm-agent finetune check|classify|contrastive``, ``classify --head`` and ``chat --head``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mm_agent.vision.demo.domain import Flaws, draw_domain, picture_of
from tests.cli.conftest import Run, document, only_line


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """120 drawn scenes, two missing."""
    return str(draw_domain(tmp_path_factory.mktemp("d"), 120, side=64, flaws=Flaws(2, 0, 0, 0)))


def test_check_as_text_and_as_one_document(run: Run, table: str) -> None:
    result = run("finetune", "check", table)
    assert result.exit_code == 0, result.output
    assert "120 rows, 118 usable" in result.stdout
    assert "pictures missing: 2" in result.stdout
    found = document(run("finetune", "check", table, "--json"))
    assert (found["usable"], len(found["missing"]), len(found["counts"])) == (118, 2, 16)


def test_from_a_table_to_a_chat(run: Run, table: str) -> None:
    result = run("finetune", "classify", table, "--out", "run", "--vision", "demo", "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert result.stdout == "run/head\n"
    assert "left out 2 of 120 rows" in result.stderr
    picture_of("sea", seed=4).save("sea.png")
    found = document(run("classify", "sea.png", "--head", "run/head", "--top-k", "3", "--json"))
    assert len(found["images"][0]["labels"]) == 3
    assert found["images"][0]["labels"][0]["label"] == "sea"
    assert "sea" in run("classify", "sea.png", "--head", "run").stdout  # the run's folder will do
    answer = document(
        run("chat", "sea.png", "--head", "run", "--vision", "demo", "-q", "Is there a truck?", "--json")
    )
    assert [use["name"] for use in answer["tool_calls"]] == ["classify_domain"]


def test_options_from_a_file_and_the_command_line_over_them(run: Run, table: str) -> None:
    Path("options.yaml").write_text("method: adapter\nshots: 4\ntest: 0.2\nlabel-column: [sea, bus, truck]\n")
    arguments = ("finetune", "classify", table, "--out", "run", "--vision", "demo", "--device", "cpu")
    result = run(*arguments, "--config", "options.yaml", "--shots", "5")
    assert result.exit_code == 0, result.output
    kept = json.loads(Path("run/run.json").read_text())
    assert (kept["method"], kept["shots"], kept["test"]) == ("adapter", 5, 0.2)
    assert kept["label_columns"] == ["sea", "bus", "truck"]
    Path("options.yaml").write_text("colour: red\n")
    result = run(*arguments, "--config", "options.yaml")
    assert result.exit_code == 2
    assert "colour; write name: value lines of accumulate" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "none.csv"], "there is no none.csv"),
        (["check", "red.png"], "red.png"),
        (["classify", "none.csv", "--out", "run"], "there is no none.csv"),
        (["classify", "none.csv", "--out", "red.png"], "red.png is a file"),
        (["contrastive", "none.jsonl", "--out", "run"], "there is no none.jsonl"),
        (["export", "none", "--out", "run"], "none has no head.json"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, arguments: list[str], said: str) -> None:
    result = run("finetune", *arguments)
    assert result.exit_code == 1
    assert said in only_line(result.stderr)


def test_a_head_that_is_none(run: Run) -> None:
    result = run("classify", "red.png", "--head", "none")
    assert result.exit_code == 1
    assert "none has no head.json, so it is no domain head" in only_line(result.stderr)
