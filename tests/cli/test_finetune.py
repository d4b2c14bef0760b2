"""``mm-agent finetune``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mm_agent.projection.soft import Projector, language_model_fingerprint
from tests.cli.conftest import Run, document
from tests.local import tiny


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny language model."""
    return tiny.make_model(tmp_path_factory.mktemp("words") / "tiny", std=0.05)


@pytest.fixture
def data(here: Path) -> str:
    """Three pictures with a question each."""
    lines = [
        {
            "image": f"{colour}.png",
            "conversations": [
                {"from": "human", "value": "<image>\nWhich colour?"},
                {"from": "gpt", "value": colour},
            ],
        }
        for colour in ("red", "green", "blue")
    ]
    (here / "colours.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return "colours.jsonl"


def test_a_projector_is_trained_and_named(run: Run, data: str, llm: str) -> None:
    arguments = ["finetune", "projector", data, "--llm", llm, "--out", "run", "--device", "cpu"]
    result = run(*arguments, "--kind", "pixel_shuffle", "--batch-size", "3", "--epochs", "2")
    assert result.exit_code == 0, result.output
    assert result.stdout == "run/projector\n"
    assert "step 1 of 2: loss" in result.stderr
    projector = Projector.from_pretrained("run/projector", language_model=language_model_fingerprint(llm))
    assert projector.config.tokens == 4
    again = document(
        run(*arguments, "--kind", "pixel_shuffle", "--batch-size", "3", "--epochs", "2", "--json")
    )
    assert again == {"projector": "run/projector"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.jsonl"], "there is no nowhere.jsonl"),
        (["broken.png"], "broken.png, line 1 is not JSON"),
        (["colours.jsonl", "--epochs", "-1"], "epochs is -1"),
        (["colours.jsonl", "--kind", "pixel_shuffle", "--factor", "3"], "blocks of 3 x 3"),
        (["colours.jsonl", "--out", "red.png"], "red.png is a file"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    run: Run, data: str, llm: str, arguments: list[str], said: str
) -> None:
    result = run("finetune", "projector", "--llm", llm, "--out", "run", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr.splitlines()[-1]
    assert not Path("run/projector").exists()
