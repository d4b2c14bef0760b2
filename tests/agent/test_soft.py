"""Soft prompts in the agent: pictures where they were introduced, by handle, never in the state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from mm_agent.agent import aask, ask, build_agent
from mm_agent.agent.llm import load_chat_model
from mm_agent.agent.sight import Sight
from mm_agent.errors import ProjectorError, SettingsError
from mm_agent.local import LocalChatModel
from mm_agent.media import MediaStore
from mm_agent.projection.soft.blocks import BlockReader
from mm_agent.serve.session import ChatSession
from mm_agent.settings import Settings
from tests.agent.scripted import ScriptedModel
from tests.agent.world import one_scene
from tests.local.seeing import asking, noise, seeing_model

SOFT = 16


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LocalChatModel:
    made = seeing_model(tmp_path_factory.mktemp("soft"))
    made.load()
    return made


@pytest.fixture
def store() -> MediaStore:
    return MediaStore()


@pytest.fixture
def reads(model: LocalChatModel, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The handles that were read into soft prompts, in order."""
    inner, seen = BlockReader.read, []

    def watched(self: BlockReader, block: Any, store: MediaStore | None) -> Any:
        seen.append(block["file_id"])
        return inner(self, block, store)

    monkeypatch.setattr(BlockReader, "read", watched)
    return seen


def test_soft_alone_is_the_picture_and_the_question(model: LocalChatModel, store: MediaStore) -> None:
    item = store.add(noise(1))
    answer = ask(build_agent(model, [], projection="soft", store=store), "What is it?", items=[item])
    assert answer.text == model.invoke([asking("\nWhat is it?", 1)]).text
    assert answer.tool_calls == ()


def test_a_follow_up_reuses_the_picture_and_the_state_holds_none(
    model: LocalChatModel, store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, saver = store.add(noise(2)), InMemorySaver()
    agent = build_agent(model, [], projection="soft", store=store, checkpointer=saver)
    first = ask(agent, "What is it?", items=[item])
    looks: list[int] = []
    encoder = model.encoder
    monkeypatch.setattr(encoder, "patch_features", lambda *args, **kwargs: looks.append(1))
    second = ask(agent, "And where?")
    assert looks == []
    state = agent.get_state({"configurable": {"thread_id": "main"}}).values["messages"]
    last = state[-1].usage_metadata["input_token_details"]["cache_read"]
    assert last >= first.usage.input_tokens
    assert second.usage.input_tokens > first.usage.input_tokens
    kept = json.dumps([message.model_dump() for message in state], default=str)
    assert "base64" not in kept
    assert all(isinstance(message.content, str) for message in state)


async def test_both_shows_pictures_beside_tools_and_handles(
    model: LocalChatModel, store: MediaStore, reads: list[str]
) -> None:
    items = [store.add(noise(seed)) for seed in (1, 2)]
    answer = await aask(
        build_agent(model, one_scene().tools(), projection="both", store=store), "Which?", items=items
    )
    assert answer.text
    assert reads == ["img-1", "img-2"]
    bare = await aask(build_agent(model, one_scene().tools()), "Which?", items=items)
    breaks = 2 * len(model.get_token_ids("\n"))
    assert answer.usage.input_tokens == bare.usage.input_tokens + 2 * SOFT + breaks


def test_media_that_are_lost_are_left_out(model: LocalChatModel, store: MediaStore) -> None:
    item = store.add(noise(1))
    agent = build_agent(model, [], projection="soft", store=MediaStore())
    assert ask(agent, "Hi", items=[item]).text == model.invoke([HumanMessage("Hi")]).text


def test_what_soft_prompts_need_is_said(model: LocalChatModel, store: MediaStore) -> None:
    with pytest.raises(SettingsError, match="give the agent store="):
        build_agent(model, [], projection="soft")
    with pytest.raises(SettingsError, match="ScriptedModel has none"):
        build_agent(ScriptedModel(script=[]), [], projection="both", store=store)


def session(model: LocalChatModel, **settings: Any) -> ChatSession:
    values: dict[str, Any] = {
        "llm": f"local:{model.model}",
        "projector": model.projector,
        "device": "cpu",
        "dtype": "float32",
    }
    return ChatSession(model.encoder, Settings(**{**values, **settings}))


def test_a_session_by_settings(model: LocalChatModel) -> None:
    soft = session(model, projection="soft")
    soft.add(noise(1))
    assert soft.tools() == {}
    assert not soft.shows_pictures
    assert soft.ask("What is it?").usage.input_tokens > SOFT
    soft.new_thread()
    soft.add(noise(2))
    assert soft.ask("What is it?").text
    assert "count_objects" in session(model, projection="both").tools()


def test_sessions_that_cannot_see_say_why(model: LocalChatModel, tmp_path: Path) -> None:
    for settings, kind, words in (
        (
            {"projector": None},
            SettingsError,
            "add --projector demo for local:demo with --vision demo, or --proj",
        ),
        ({"llm": "offline"}, SettingsError, "offline takes no soft prompts"),
        ({"projector": tmp_path}, ProjectorError, "has no projector.json"),
    ):
        broken = session(model, projection="soft", **settings)
        broken.add(noise(1))
        with pytest.raises(kind, match=words):
            broken.ask("What is it?")


def test_a_projection_of_text_loads_no_projector(model: LocalChatModel) -> None:
    plain = session(model, projection="text")
    assert plain.model.profile is not None
    assert plain.model.profile.get("image_inputs") is False
    assert getattr(plain.model, "projector", None) is None


def test_a_loaded_model_says_that_it_sees(model: LocalChatModel) -> None:
    sight = Sight(Path(model.projector), model.encoder)
    seen = load_chat_model(f"local:{model.model}", settings=Settings(), sight=sight)
    assert (seen.profile or {}).get("image_inputs") is True
