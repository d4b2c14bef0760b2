"""One tiny model for all tests of local models."""

from __future__ import annotations

import pytest

from mm_agent.local import LocalChatModel
from tests.local import tiny


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a Qwen3 of random weights that calls tools as Hermes does."""
    return tiny.make_model(tmp_path_factory.mktemp("local") / "qwen")


@pytest.fixture(scope="session")
def kept(checkpoint: str) -> LocalChatModel:
    """Holds the checkpoint in memory for the whole run."""
    model = LocalChatModel(model=checkpoint, device="cpu", dtype="float32", max_tokens=48)
    model.load()
    return model


@pytest.fixture
def model(kept: LocalChatModel) -> LocalChatModel:
    return kept.model_copy()
