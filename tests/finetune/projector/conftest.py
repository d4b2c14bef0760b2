"""A tiny language model, drawn pictures and a file of conversations about them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from transformers import PreTrainedTokenizerBase

from mm_agent.finetune.projector.rules import Rules
from tests.local import tiny

COLOURS = ("red", "green", "blue", "white", "black", "yellow")


@pytest.fixture(scope="session")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen3 of random weights, two blocks of width 64."""
    return Path(tiny.make_model(tmp_path_factory.mktemp("words") / "tiny", std=0.05))


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerBase:
    """Its tokenizer."""
    return tiny.make_tokenizer()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six plain pictures, each with the question for its colour."""
    folder = tmp_path / "data"
    (folder / "pictures").mkdir(parents=True)
    lines = []
    for colour in COLOURS:
        Image.new("RGB", (64, 64), colour).save(folder / "pictures" / f"{colour}.png")
        lines.append(record(f"pictures/{colour}.png", colour))
    path = folder / "colours.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def record(image: str, answer: str, question: str = "<image>\nWhich colour?") -> dict[str, Any]:
    """One line of the data."""
    turns = [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]
    return {"image": image, "conversations": turns}


@pytest.fixture
def rules(data: Path, language_model: Path) -> Callable[..., Rules]:
    """Rules for a few short steps."""

    def make(**more: Any) -> Rules:
        values = {
            "data": data,
            "vision": "demo",
            "language_model": str(language_model),
            "kind": "average_pool",
            "factor": 4,
            "batch_size": 2,
            "save_every": 2,
        }
        return Rules(**values | more)

    return make
