"""What a model can mend reaches it as a message that says how; anything else is raised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from PIL import Image

from mm_agent.errors import CheckpointError
from mm_agent.media import MediaPolicy, MediaStore
from mm_agent.projection import CountEvidence
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit
from mm_agent_tools._making import make_tool
from tests.vision import builders


def call(tool: BaseTool, **arguments: Any) -> ToolMessage:
    """Call a tool as an agent does."""
    return tool.invoke({"name": tool.name, "args": arguments, "id": "1", "type": "tool_call"})


NEEDED = {
    "classify_image": {},
    "match_text": {"texts": ["a cat"]},
    "extract_features": {},
    "summarise_feature_map": {},
    "count_objects": {"noun": "cat"},
    "locate": {"query": "cat"},
    "inspect_region": {"box": [0, 0, 9, 9]},
    "compare_images": {"other": "img-1"},
}


@pytest.mark.parametrize("name", NEEDED)
def test_unknown_handles_name_the_known_ones(name: str, tools: dict[str, BaseTool]) -> None:
    message = call(tools[name], image="img-9", **NEEDED[name])
    assert message.status == "error"
    assert "img-9" in message.text
    assert "img-1 (corner.png), img-2 (flipped.png)" in message.text
    assert message.artifact is None


@pytest.mark.parametrize("name", NEEDED)
async def test_async_calls_answer_the_same(name: str, tools: dict[str, BaseTool]) -> None:
    request = {"name": name, "args": {"image": "cat", **NEEDED[name]}, "id": "1", "type": "tool_call"}
    message = await tools[name].ainvoke(request)
    assert message.status == "error"
    assert "img-1 (corner.png)" in message.text


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("classify_image", {"label": ["cat"]}, "label: Extra inputs are not permitted"),
        ("classify_image", {"top_k": "many"}, "top_k: Input should be a valid integer"),
        ("classify_image", {"top_k": 0}, "top_k is 0; use 1 to 50"),
        ("classify_image", {"labels": ["cat", " "]}, "labels is empty"),
        ("classify_image", {"labels": ["x" * 101]}, "labels has 101 characters; use at most 100"),
        (
            "classify_image",
            {"labels": [str(i) for i in range(501)]},
            "labels has 501 entries; use at most 500",
        ),
        ("match_text", {}, "texts: Field required"),
        ("match_text", {"texts": []}, "texts must be 1 to 50 sentences, none empty; got 0"),
        ("match_text", {"texts": ["x " * 151]}, "a text has 301 characters; use at most 300"),
        ("match_text", {"texts": ["q w " * 60]}, "the encoder reads 64; shorten it"),
        ("extract_features", {"kind": "both"}, "kind: Input should be 'pooled' or 'patch'"),
        ("summarise_feature_map", {"query": ""}, "query is empty"),
        ("count_objects", {"noun": "2 cats"}, "give the thing without a number"),
        ("locate", {"query": "\n"}, "query is empty"),
        ("locate", {"image": "img-1@50,50,10,10", "query": "cat"}, "box 50,50,10,10 is empty"),
        ("locate", {"image": " ", "query": "cat"}, "image is empty; give a media handle"),
        ("inspect_region", {"box": [1, 2, 3]}, "box has 3 numbers; give left, top, right, bottom"),
        ("inspect_region", {"box": [9, 9, 4, 4]}, "box 9,9,4,4 is empty"),
        ("inspect_region", {"box": [500, 0, 600, 9]}, "box 500,0,600,9 lies outside the picture"),
        ("inspect_region", {"box": "left"}, "box: Input should be a valid list"),
        ("compare_images", {"other": "img-7"}, "there is no 'img-7'"),
    ],
)
def test_bad_arguments_say_how_to_mend_them(
    name: str, arguments: dict[str, Any], message: str, tools: dict[str, BaseTool]
) -> None:
    answer = call(tools[name], **{"image": "img-1", **arguments})
    assert answer.status == "error"
    assert message in answer.text
    assert "\n" not in answer.text


def test_validation_messages_list_what_the_tool_takes(tools: dict[str, BaseTool]) -> None:
    answer = call(tools["match_text"], picture="img-1")
    assert answer.text.endswith("it takes: image (required), texts (required)")


def test_the_policy_decides_about_paths(encoder: SiglipEncoder, tmp_path: Path) -> None:
    inside = tmp_path / "in" / "a.png"
    inside.parent.mkdir()
    Image.new("RGB", (20, 20), "red").save(inside)
    Image.new("RGB", (20, 20), "blue").save(tmp_path / "outside.png")
    store = MediaStore(MediaPolicy(roots=(inside.parent,), urls=False))
    tools = {tool.name: tool for tool in SiglipToolkit(encoder=encoder, store=store).get_tools()}
    opened = call(tools["extract_features"], image=str(inside))
    assert opened.artifact["handle"] == "img-1"
    assert [item.name for item in store.items()] == ["a.png"]
    refused = call(tools["extract_features"], image=str(tmp_path / "outside.png"))
    assert refused.status == "error"
    assert call(tools["extract_features"], image="https://example.com/a.png").status == "error"
    assert len(store.items()) == 1


def test_a_data_uri_gets_a_handle(tools: dict[str, BaseTool], store: MediaStore) -> None:
    dot = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
        "WjR9awAAAABJRU5ErkJggg=="
    )
    assert call(tools["extract_features"], image=dot).artifact["handle"] == "img-3"
    assert len(store.items()) == 3


def test_other_errors_are_raised() -> None:
    def broken(image: str) -> CountEvidence:
        """Fail.

        Args:
            image: Media handle, such as img-1.
        """
        raise CheckpointError(f"no weights for {image}")

    with pytest.raises(CheckpointError, match="no weights for img-1"):
        make_tool(broken, language="en").invoke({"image": "img-1"})


def test_a_clip_says_what_it_cannot_do(store: MediaStore, tmp_path: Path) -> None:
    clip = SiglipEncoder.from_pretrained(builders.clip(tmp_path / "clip"), device="cpu", dtype="float32")
    tools = {tool.name: tool for tool in SiglipToolkit(encoder=clip, store=store).get_tools()}
    for name in ("locate", "summarise_feature_map"):
        answer = call(tools[name], image="img-1", query="cat")
        assert answer.status == "error"
        assert "use match_text or classify_image" in answer.text
    assert "give at least two" in call(tools["match_text"], image="img-1", texts=["a cat"]).text
    shared = call(tools["match_text"], image="img-1", texts=["a cat", "a dog"])
    assert shared.artifact["exclusive"] is True
    assert sum(text["score"] for text in shared.artifact["texts"]) == pytest.approx(1.0, abs=1e-5)
