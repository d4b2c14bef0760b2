"""A small drawn data set with the known table's columns, and a head trained on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from mm_agent.finetune.classifier import train_classifier
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo.domain import Flaws, draw_domain

FLAWS = Flaws(missing=2, corrupt=2, unlabelled=1, copies=2)


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    """Small products on several cores mostly wait for each other."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 scenes of 64 pixels, 4 of which cannot be used."""
    return draw_domain(tmp_path_factory.mktemp("domain"), 400, side=64, flaws=FLAWS)


@pytest.fixture(scope="session")
def encoder() -> SiglipEncoder:
    """The demo weights."""
    return SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Features that all runs share."""
    return tmp_path_factory.mktemp("cache")


Train = Callable[..., Path]


@pytest.fixture(scope="session")
def train(table: Path, cache: Path) -> Train:
    """Train a classifier on the drawn table (or other data) into a folder; gives the head's folder."""

    def run(out: Path, data: Path = table, say: Any = lambda line: None, **more: Any) -> Path:
        torch.set_num_threads(1)
        rules = ClassifyRules(**{"data": data, "vision": "demo"} | more)
        return train_classifier(rules, out, device="cpu", dtype="float32", cache_dir=cache, say=say)

    return run


@pytest.fixture(scope="session")
def head_folder(train: Train, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linear head."""
    return train(tmp_path_factory.mktemp("linear") / "run")
