"""Models that all visitors share are loaded once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mm_agent.agent.sight import Sight
from mm_agent.errors import LLMSpecError
from mm_agent.serve.session import ChatSession
from mm_agent.serve.web.shared import Shared, SharedChatModels
from mm_agent.settings import Settings
from mm_agent.vision import SiglipEncoder
from tests.agent.scripted import ScriptedModel


def test_many_ask_and_one_loads() -> None:
    loaded, start = [], threading.Barrier(8)

    def load(key: str) -> object:
        loaded.append(key)
        return object()

    shared = Shared(load)

    def get(key: str) -> object:
        start.wait(10)
        return shared.get(key)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(get, "aaaabbbb"))
    assert sorted(loaded) == ["a", "b"]
    assert len({*map(id, found)}) == 2


def test_what_is_there_does_not_wait_for_what_is_being_loaded() -> None:
    go_on = threading.Event()
    shared = Shared(lambda key: go_on.wait(20), {"there": True})
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shared.get, "slow")
        assert shared.get("there")
        assert not slow.done()
        go_on.set()


def test_what_could_not_be_loaded_is_tried_again() -> None:
    tries = []

    def load(key: str) -> str:
        tries.append(key)
        if len(tries) == 1:
            raise LLMSpecError("not yet")
        return key

    shared = Shared(load)
    with pytest.raises(LLMSpecError):
        shared.get("a")
    assert shared.get("a") == "a"


def test_a_projector_is_loaded_once_for_all_sessions(
    encoder: SiglipEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[tuple[str, Sight | None]] = []

    def load(spec: str, *, sight: Sight | None, **_: Any) -> ScriptedModel:
        loaded.append((spec, sight))
        return ScriptedModel(script=[])

    monkeypatch.setattr("mm_agent.agent.load_chat_model", load)
    settings = Settings(llm="local:some", projection="both", projector=tmp_path)
    models = SharedChatModels(settings)
    sessions = [ChatSession(encoder, settings, load_model=models) for _ in range(3)]
    assert len({id(session.model) for session in sessions}) == 1
    assert loaded == [("local:some", Sight(tmp_path, encoder))]
    sessions[0].use_model("local:other")
    sessions[1].use_model("local:other")
    assert [spec for spec, _ in loaded] == ["local:some", "local:other"]
