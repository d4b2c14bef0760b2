"""The tools for videos on the shipped clip: true times, handles other tools take, honest absence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from PIL import Image
from safetensors import safe_open

from mm_agent.media import MediaPolicy, MediaStore
from mm_agent.projection import parse_evidence
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit

EXAMPLE = Path(__file__).parents[2] / "examples" / "changing-scene.mp4"


@pytest.fixture(scope="module")
def demo() -> SiglipEncoder:
    """The shipped weights."""
    return SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")


@pytest.fixture
def videos(demo: SiglipEncoder, tmp_path: Path) -> dict[str, BaseTool]:
    """The tools over a store whose ``vid-1`` shows a cat, then two cars, then three apples, and ``img-1``."""
    shutil.copy(EXAMPLE, tmp_path / "clip.mp4")
    store = MediaStore(MediaPolicy(roots=(tmp_path,), urls=False), artifact_dir=tmp_path / "artifacts")
    store.add(tmp_path / "clip.mp4")
    store.add(Image.new("RGB", (64, 64), "red"), name="red.png")
    return {tool.name: tool for tool in SiglipToolkit(encoder=demo, store=store).get_tools()}


def ask(tool: BaseTool, **arguments: Any) -> ToolMessage:
    """Call a tool as an agent does."""
    return tool.invoke({"name": tool.name, "args": arguments, "id": "1", "type": "tool_call"})


def call(tool: BaseTool, **arguments: Any) -> ToolMessage:
    """The same for a call that succeeds: the artifact is plain JSON that reads back as evidence."""
    message = ask(tool, **arguments)
    assert message.status == "success", message.text
    assert parse_evidence(json.loads(json.dumps(message.artifact))).to_text("en") == message.text
    assert len(json.dumps(message.artifact)) < 5000  # references, never pixels
    return message


def test_a_moment_has_times_and_a_frame_other_tools_take(videos: dict[str, BaseTool]) -> None:
    answer = call(videos["find_moments"], video="vid-1", query="car")
    (moment,) = answer.artifact["moments"]
    assert moment["start"] == pytest.approx(4.0, abs=0.3)
    assert moment["end"] == pytest.approx(8.0, abs=0.3)
    assert moment["frame"] in answer.text
    seen = call(videos["classify_image"], image=moment["frame"], labels=["car", "cat", "apple"])
    assert seen.artifact["labels"][0]["label"] == "car"
    with Image.open(answer.artifact["plot_path"]) as plot:
        assert plot.width > 600
    assert Path(answer.artifact["plot_path"]).name in answer.text


def test_what_is_not_in_the_video_is_not_found(videos: dict[str, BaseTool]) -> None:
    answer = call(videos["find_moments"], video="vid-1", query="penguin")
    assert answer.artifact["moments"] == []
    assert answer.text.startswith('vid-1: "penguin" not found anywhere in its 12.0 s (highest score ')


@pytest.mark.parametrize("strategy", ["scene", "uniform", "fps", "query"])
def test_frames_come_with_handles_and_a_sheet(strategy: str, videos: dict[str, BaseTool]) -> None:
    answer = call(videos["sample_frames"], video="vid-1", strategy=strategy, n=6, query="apple")
    frames = answer.artifact["frames"]
    assert 1 <= len(frames) <= 6
    assert [frame["seconds"] for frame in frames] == sorted(frame["seconds"] for frame in frames)
    best = max(frames, key=lambda frame: frame["score"])
    assert 8 <= best["seconds"] < 12
    if strategy == "query":
        assert all(frame["seconds"] > 7.9 for frame in frames)
    assert call(videos["count_objects"], image=best["handle"], noun="apple").artifact["about"] >= 1
    with Image.open(answer.artifact["sheet_path"]) as sheet:
        assert sheet.height > 200


def test_without_a_query_frames_have_no_score(videos: dict[str, BaseTool]) -> None:
    answer = call(videos["sample_frames"], video="vid-1")
    assert answer.artifact["strategy"] == "scene"
    assert {frame["score"] for frame in answer.artifact["frames"]} == {None}
    assert "score" not in answer.text


def test_a_video_is_described_segment_by_segment(videos: dict[str, BaseTool]) -> None:
    answer = call(videos["describe_video"], video="vid-1")
    tags = [[tag["label"] for tag in part["tags"]] for part in answer.artifact["segments"]]
    assert "cat" in tags[0]
    assert "apple" in tags[-1]
    assert any("car" in part["appears"] for part in answer.artifact["segments"])
    assert "; gone: car" in answer.text
    with Image.open(answer.artifact["plot_path"]) as plot:
        assert plot.width > 600


@pytest.mark.parametrize("kind", ["pooled", "patch"])
def test_features_of_a_video_are_those_of_its_frames(
    kind: str, demo: SiglipEncoder, videos: dict[str, BaseTool]
) -> None:
    answer = call(videos["extract_features"], image="vid-1", kind=kind)
    width = (demo.embed_dim,) if kind == "pooled" else (*demo.grid, demo.hidden_size)
    assert tuple(answer.artifact["shape"]) == (16, *width)
    assert len(answer.artifact["times"]) == 16
    with safe_open(answer.artifact["path"], framework="pt") as file:
        saved = file.get_tensor(kind)
    frame = f"vid-1@{answer.artifact['times'][3]:g}s"
    alone = call(videos["extract_features"], image=frame, kind=kind)
    with safe_open(alone.artifact["path"], framework="pt") as file:
        assert file.get_tensor(kind).sub(saved[3]).abs().max() < 1e-3


def test_the_tools_speak_chinese_when_told(demo: SiglipEncoder, tmp_path: Path) -> None:
    store = MediaStore(artifact_dir=tmp_path)
    store.add(EXAMPLE)
    kit = SiglipToolkit(encoder=demo, store=store, language="zh")
    tools = {tool.name: tool for tool in kit.get_tools()}
    assert "汽车" in tools["describe_video"].invoke({"video": "vid-1"})
    assert tools["find_moments"].invoke({"video": "vid-1", "query": "汽车"}).startswith("vid-1（12.0 秒）")
    assert "没有找到“企鹅”" in tools["find_moments"].invoke({"video": "vid-1", "query": "企鹅"})
    assert tools["sample_frames"].invoke({"video": "vid-1"}).startswith("vid-1：全长 12.0 秒")


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("find_moments", {"video": "vid-9", "query": "cat"}, "vid-1 (clip.mp4)"),
        ("find_moments", {"video": "img-1", "query": "cat"}, "img-1 is a picture, not a video"),
        ("find_moments", {"video": " ", "query": "cat"}, "video is empty; give a video's handle"),
        ("find_moments", {"video": "vid-1", "query": ""}, "query is empty"),
        ("describe_video", {"video": "vid-1@2s"}, "is a picture, not a video"),
        ("sample_frames", {"video": "vid-1", "n": 0}, "n is 0; use 1 to 32"),
        ("sample_frames", {"video": "vid-1", "strategy": "query"}, "strategy query needs a query"),
        ("sample_frames", {"video": "vid-1", "strategy": "best"}, "strategy: Input should be"),
        ("classify_image", {"image": "vid-1"}, "vid-1 is a video, not a picture"),
        ("extract_features", {"image": ""}, "image is empty; give a media handle"),
    ],
)
def test_bad_arguments_say_how_to_mend_them(
    name: str, arguments: dict[str, Any], message: str, videos: dict[str, BaseTool]
) -> None:
    answer = ask(videos[name], **arguments)
    assert answer.status == "error"
    assert message in answer.text
    assert "\n" not in answer.text


async def test_async_calls_answer_the_same(videos: dict[str, BaseTool]) -> None:
    request = {
        "name": "find_moments",
        "args": {"video": "vid-1", "query": "apple"},
        "id": "1",
        "type": "tool_call",
    }
    message = await videos["find_moments"].ainvoke(request)
    assert message.artifact["moments"] == videos["find_moments"].invoke(request).artifact["moments"]
