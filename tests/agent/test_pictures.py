"""Pictures for models that take them: only those, once a request, and never in the state."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.language_models import ModelProfile
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from PIL import Image

from mm_agent.agent import ShowPictures, aask, ask, build_agent, load_chat_model, user_message
from mm_agent.agent.middleware.pictures import pictures_of
from mm_agent.media import MediaItem, MediaStore
from tests.agent.chat_server import Reply, chat_server
from tests.agent.scripted import ScriptedModel, calling

SEES = ModelProfile(image_inputs=True)
LOOK = calling("look", image="img-1")


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    """Two pictures of noise, which do not compress."""
    store = MediaStore(artifact_dir=tmp_path / "artifacts")
    for seed in range(2):
        store.add(noise(seed), name=f"noise-{seed}.png")
    return store


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (480, 640, 3), dtype=np.uint8))


def looking(store: MediaStore) -> BaseTool:
    """A tool whose evidence refers to a region and to a saved heat map."""

    def look(image: str) -> tuple[str, dict[str, Any]]:
        heatmap = store.save_artifact(Image.new("RGB", (64, 48), "blue"), f"heatmap-{image}")
        region = f"{image}@0,0,64,48"
        return f"seen in {region}", {"handle": image, "region": region, "heatmap_path": str(heatmap)}

    return StructuredTool.from_function(
        look, response_format="content_and_artifact", description="Look at a picture."
    )


def names(message: BaseMessage) -> list[str]:
    """What stands before each picture of a message."""
    texts = [block.get("text", "") for block in message.content_blocks if block["type"] in ("text", "image")]
    return [
        text.rstrip(":：")
        for text, block in zip(texts, message.content_blocks[1:], strict=False)
        if block["type"] == "image"
    ]


def pixels(message: BaseMessage) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(block["base64"]))) for block in images(message)]


def test_a_seeing_model_gets_the_pictures_behind_everything_else(store: MediaStore) -> None:
    model = ScriptedModel(script=[LOOK, AIMessage("Noise.")], profile=SEES)
    agent = build_agent(model, [looking(store)], pictures=ShowPictures(store))
    ask(agent, "What is in img-1?", items=store.items()[:1])
    first, second = model.heard
    assert [message.type for message in first] == ["system", "human"]
    assert names(first[-1]) == ["img-1"]
    assert str(first[-1].text).startswith("Media in this conversation:")
    assert [message.type for message in second] == ["system", "human", "ai", "tool", "human"]
    assert isinstance(second[1].content, str)
    assert names(second[-1]) == ["img-1", "heatmap-img-1.png", "img-1@0,0,64,48"]
    assert "The pictures themselves" in str(second[-1].text)
    whole, heatmap, region = pixels(second[-1])
    assert whole.size == (640, 480)
    assert heatmap.convert("RGB").getpixel((3, 3)) == (0, 0, 255)
    assert region.tobytes() == store.image("img-1@0,0,64,48").tobytes()


async def test_the_async_twin_in_chinese(store: MediaStore) -> None:
    model = ScriptedModel(script=[LOOK, AIMessage("噪声。")], profile=SEES)
    agent = build_agent(model, [looking(store)], pictures=ShowPictures(store))
    await aask(agent, "图里有什么？", items=store.items()[:1])
    assert "下面是图片本身" in str(model.heard[1][-1].text)
    assert names(model.heard[1][-1])[0] == "img-1"


@pytest.mark.parametrize("profile", [None, {}, {"image_inputs": False}])
def test_other_models_get_words_only(store: MediaStore, profile: Any) -> None:
    model = ScriptedModel(script=[LOOK, AIMessage("Noise.")], profile=profile)
    agent = build_agent(model, [looking(store)], pictures=ShowPictures(store))
    ask(agent, "What is this?", items=store.items())
    assert all(isinstance(message.content, str) for call in model.heard for message in call)
    assert [message.type for message in model.heard[1]] == ["system", "human", "ai", "tool"]


def test_always_means_a_model_nobody_knows(store: MediaStore) -> None:
    model = ScriptedModel(script=[AIMessage("Noise.")])
    agent = build_agent(model, [], pictures=ShowPictures(store, always=True))
    ask(agent, "What is this?", items=store.items())
    assert names(model.heard[0][-1]) == ["img-1", "img-2"]


def test_the_question_s_pictures_come_first_and_old_ones_last(store: MediaStore) -> None:
    one, two = store.items()
    looked = ToolMessage("seen", tool_call_id="1", artifact={"handle": "img-2", "region": "img-2@0,0,9,9"})
    again = ToolMessage("seen", tool_call_id="2", artifact={"handle": "img-2", "region": "img-2@9,9,20,20"})
    older = ToolMessage("seen", tool_call_id="0", artifact={"region": "img-1@0,0,5,5"})
    messages = [user_message("a", [one]), older, AIMessage("b"), user_message("c", [two]), looked, again]
    assert pictures_of(messages, store) == ["img-2", "img-2@9,9,20,20", "img-2@0,0,9,9", "img-1"]
    assert pictures_of([AIMessage("b")], store) == []
    assert pictures_of([HumanMessage("see https://example.org/a.png and img-1")], store) == ["img-1"]


def test_the_same_pixels_are_sent_once(store: MediaStore) -> None:
    crop = store.save_artifact(store.image("img-1@0,0,64,48"), "crop")

    def inspect(image: str) -> tuple[str, dict[str, Any]]:
        """Look closer."""
        return "seen", {"handle": f"{image}@0,0,64,48", "crop_path": str(crop)}

    tool = StructuredTool.from_function(inspect, response_format="content_and_artifact")
    model = ScriptedModel(script=[calling("inspect", image="img-1"), AIMessage("Noise.")], profile=SEES)
    ask(build_agent(model, [tool], pictures=ShowPictures(store)), "What is this?", items=store.items()[:1])
    assert names(model.heard[1][-1]) == ["img-1", "crop.png"]


def test_pictures_are_bounded_in_number_and_size_and_a_lost_one_is_left_out(store: MediaStore) -> None:
    large = store.add(Image.new("RGB", (5000, 2500), "red"))
    lost = MediaItem("img-99", "image", "0" * 64, 9, 9, "lost.png")
    model = ScriptedModel(script=[AIMessage("Red.")], profile=SEES)
    agent = build_agent(model, [], pictures=ShowPictures(store, most=2))
    ask(agent, "What is this?", items=[lost, large, *store.items()[:2]])
    message = model.heard[0][-1]
    assert names(message) == ["img-3", "img-1"]
    assert [picture.size for picture in pixels(message)] == [(1024, 512), (640, 480)]


@pytest.mark.slow
def test_twenty_turns_with_pictures_leave_a_small_checkpoint(store: MediaStore) -> None:
    script: list[AIMessage | Exception] = [
        message for _ in range(20) for message in (LOOK, AIMessage("Noise."))
    ]
    model = ScriptedModel(script=script, profile=SEES)
    memory = InMemorySaver()
    agent = build_agent(model, [looking(store)], checkpointer=memory, pictures=ShowPictures(store))
    for turn in range(20):
        item = store.add(noise(turn), name=f"noise-{turn}.png")
        ask(agent, f"What is in picture {turn}?", items=[item], thread_id="long")
    assert len(model.heard) == 40
    assert all(names(call[-1]) for call in model.heard)
    last = memory.get_tuple({"configurable": {"thread_id": "long"}})
    assert last is not None
    state = last.checkpoint["channel_values"]["messages"]
    assert len(state) == 80
    assert all(isinstance(message.content, str) for message in state)
    assert len(memory.serde.dumps_typed(last.checkpoint)[1]) < 1_000_000
    assert b"base64" not in kept(memory)
    sent = sum(len(block["base64"]) for call in model.heard for block in images(call[-1]))
    assert sent > 20_000_000  # so the pictures really were large


def images(message: BaseMessage) -> list[dict[str, Any]]:
    return [dict(block) for block in message.content_blocks if block["type"] == "image"]


def kept(memory: InMemorySaver) -> bytes:
    """All bytes the memory holds: every checkpoint there ever was, with its channels and writes."""
    parts: list[bytes] = []

    def collect(value: Any) -> None:
        if isinstance(value, bytes):
            parts.append(value)
        elif isinstance(value, dict):
            for inner in value.values():
                collect(inner)
        elif isinstance(value, tuple | list):
            for inner in value:
                collect(inner)

    for holder in (memory.storage, memory.blobs, memory.writes):
        collect(holder)
    return b"".join(parts)


CALL = Reply(tool_calls=(("look", ('{"image": "img-1"}',)),))
SAY = Reply(pieces=("Noise.",))


def requested(spec: str, store: MediaStore) -> None:
    agent = build_agent(load_chat_model(spec), [looking(store)], pictures=ShowPictures(store))
    ask(agent, "What is in img-1?", items=store.items()[:1])


def test_a_server_with_a_seeing_model_gets_each_picture_once(store: MediaStore) -> None:
    with chat_server(CALL, SAY) as server:
        requested(server.spec.replace("#tiny", "#Qwen/Qwen3-VL-8B-Instruct"), store)
    first, second = (request["messages"] for request in server.requests)
    assert [part["type"] for part in first[-1]["content"]] == ["text", "text", "text", "image_url"]
    *before, last = second
    assert [message["role"] for message in before] == ["system", "user", "assistant", "tool"]
    assert "image_url" not in json.dumps(before)
    urls = [part["image_url"]["url"] for part in last["content"] if part["type"] == "image_url"]
    assert len(urls) == len(set(urls)) == 3
    assert [url.partition(";base64,")[0] for url in urls] == [
        "data:image/jpeg",
        "data:image/png",
        "data:image/png",
    ]


@pytest.mark.parametrize(
    ("spec", "variables"),
    [
        ("deepseek:deepseek-chat", {"DEEPSEEK_API_KEY": "k", "DEEPSEEK_API_BASE": "{address}"}),
        ("deepseek:deepseek-flash", {"DEEPSEEK_API_KEY": "k", "DEEPSEEK_API_BASE": "{address}"}),
        ("{address}#Qwen/Qwen3-8B", {}),
    ],
)
def test_a_text_model_gets_none(
    store: MediaStore, spec: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(CALL, SAY) as server:
        address = f"http://127.0.0.1:{server.port}/v1"
        for name, value in variables.items():
            monkeypatch.setenv(name, value.format(address=address))
        requested(spec.format(address=address), store)
    assert len(server.requests) == 2
    for request in server.requests:
        assert all(isinstance(message["content"] or "", str) for message in request["messages"])
        assert "base64" not in json.dumps(request)
