"""What the tools answer: the encoder's own numbers, in text and artifact, with files only referenced."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from PIL import Image
from safetensors import safe_open

from mm_agent.media import MediaStore
from mm_agent.projection import parse_evidence
from mm_agent.vision import SiglipEncoder
from mm_agent_tools.count_objects import count_objects_tool
from mm_agent_tools.locate import locate_tool
from tests.vision.planted import PlantedEncoder


def call(tool: BaseTool, **arguments: Any) -> ToolMessage:
    """Call a tool as an agent does; the artifact must be plain JSON that reads back as evidence."""
    message = tool.invoke({"name": tool.name, "args": arguments, "id": "1", "type": "tool_call"})
    assert message.status == "success", message.text
    assert parse_evidence(json.loads(json.dumps(message.artifact))).to_text("en") == message.text
    assert len(json.dumps(message.artifact)) < 5000  # references, never pixels
    return message


class Planted(PlantedEncoder):
    """A picture with known content, and what the tools say about the encoder."""

    fingerprint = "planted"

    def notice(self, language: str) -> str:
        return "planted."


def test_classify_gives_the_encoder_s_scores(
    encoder: SiglipEncoder, store: MediaStore, tools: dict[str, BaseTool]
) -> None:
    answer = call(tools["classify_image"], image="img-1", labels=["cat", "dog", "cat"])
    expected = encoder.score(store.image("img-1"), ["cat", "dog"], templates=encoder.default_templates("en"))[
        0
    ]
    given = {entry["label"]: entry["score"] for entry in answer.artifact["labels"]}
    assert given == {"cat": pytest.approx(float(expected[0])), "dog": pytest.approx(float(expected[1]))}
    assert answer.artifact["none_of_these"] == bool((expected < encoder.presence_threshold).all())
    assert answer.artifact["encoder"] == encoder.fingerprint
    assert answer.text.endswith("Note: random weights, for tests.")


def test_exclusive_labels_share_one(tools: dict[str, BaseTool]) -> None:
    answer = call(tools["classify_image"], image="img-1", labels=["cat", "dog"], exclusive=True)
    assert answer.artifact["exclusive"] is True
    assert sum(entry["score"] for entry in answer.artifact["labels"]) == pytest.approx(1.0, abs=1e-5)


def test_without_labels_the_vocabulary_answers(tools: dict[str, BaseTool]) -> None:
    for labels in (None, []):
        answer = call(tools["classify_image"], image="img-1", labels=labels, top_k=3)
        scores = [entry["score"] for entry in answer.artifact["labels"]]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)


def test_match_ranks_the_sentences_as_they_are(
    encoder: SiglipEncoder, store: MediaStore, tools: dict[str, BaseTool]
) -> None:
    sentences = ["a photo of 2 cats", "a blue car on the left", "这是一张两只猫的照片"]
    answer = call(tools["match_text"], image="img-2", texts=sentences)
    expected = dict(zip(sentences, encoder.score(store.image("img-2"), sentences)[0].tolist(), strict=True))
    assert {entry["text"]: entry["score"] for entry in answer.artifact["texts"]} == pytest.approx(expected)
    best = answer.artifact["texts"][0]
    assert best["score"] == max(expected.values())
    assert best["fits"] == (best["score"] >= encoder.presence_threshold)


@pytest.mark.parametrize("kind", ["pooled", "patch"])
def test_features_are_saved_whole(
    kind: str, encoder: SiglipEncoder, store: MediaStore, tools: dict[str, BaseTool]
) -> None:
    answer = call(tools["extract_features"], image="img-1", kind=kind)
    image = store.image("img-1")
    expected = encoder.embed_images(image) if kind == "pooled" else encoder.patch_features(image)[0]
    path = Path(answer.artifact["path"])
    assert path.parent == store.artifact_dir
    with safe_open(path, framework="pt") as file:
        assert torch.equal(file.get_tensor(kind), expected)
        assert file.metadata() == {"handle": "img-1", "encoder": encoder.fingerprint}
    assert answer.artifact["shape"] == list(expected.shape)
    assert answer.artifact["stats"]["mean"] == pytest.approx(float(expected.mean()), abs=1e-6)
    assert path.name in answer.text
    assert str(path.parent) not in answer.text


@pytest.mark.parametrize(
    ("image", "place", "bounds"),
    [("img-1", "top right", (90, 0, 120, 20)), ("img-2", "bottom right", (90, 40, 120, 60))],
)
def test_the_map_is_upright(
    image: str, place: str, bounds: tuple[int, int, int, int], tools: dict[str, BaseTool]
) -> None:
    answer = call(tools["summarise_feature_map"], image=image)
    assert f"Concentrates in: {place} (" in answer.text
    left, top, right, bottom = answer.artifact["peaks"][0]["box"]
    assert bounds[0] <= left < right <= bounds[2]
    assert bounds[1] <= top < bottom <= bounds[3]
    with Image.open(answer.artifact["heatmap_path"]) as heatmap:
        assert heatmap.width == 120


def test_a_region_s_map_keeps_the_whole_picture_s_pixels(tools: dict[str, BaseTool]) -> None:
    answer = call(tools["summarise_feature_map"], image="img-1@80,0,120,60", query="cat")
    assert answer.artifact["handle"] == "img-1@80,0,120,60"
    assert answer.artifact["query"] == "cat"
    assert answer.artifact["scores"][0]["label"] == "cat"
    for peak in answer.artifact["peaks"]:
        assert peak["box"][0] >= 80
        assert peak["box"][2] <= 120


@pytest.fixture
def planted() -> Planted:
    """Two cats, on the patches of the top right corner of a 6 x 8 grid."""
    hot = torch.zeros(6, 8, dtype=torch.bool)
    hot[:2, 6:] = True
    return Planted({"a photo of cat": 0.9, "a photo of 2 cats": 1.0, "a photo of 1 cat": 0.6}, hot=hot)


def test_locate_finds_what_is_there(planted: Planted, store: MediaStore) -> None:
    answer = call(locate_tool(planted, store), image="img-1", query="cat")  # pyright: ignore[reportArgumentType]
    (region,) = answer.artifact["regions"]
    assert region["where"] == "top right"
    assert region["box"][0] >= 60
    assert region["box"][1:] == [0, 120, region["box"][3]]
    assert region["box"][3] <= 40
    assert region["handle"] == "img-1@" + ",".join(map(str, region["box"]))
    assert store.image(region["handle"]).size == (120 - region["box"][0], region["box"][3])
    assert answer.text.splitlines()[1].startswith("- top right, pixels ")
    with Image.open(answer.artifact["heatmap_path"]) as drawn:
        assert np.asarray(drawn).std() > 0


def test_locating_in_a_region_names_it_in_the_whole_picture(planted: Planted, store: MediaStore) -> None:
    tool = locate_tool(planted, store)  # pyright: ignore[reportArgumentType]
    (region,) = call(tool, image="img-1@20,10,100,58", query="cat").artifact["regions"]
    left, top, right, bottom = region["box"]
    assert (top, right) == (10, 100)
    assert left >= 60
    assert bottom <= 42
    assert region["handle"] == f"img-1@{left},{top},{right},{bottom}"


def test_what_is_not_there_is_not_found(planted: Planted, store: MediaStore) -> None:
    planted.hot = torch.zeros(6, 8, dtype=torch.bool)
    answer = call(locate_tool(planted, store), image="img-1", query="dog")  # pyright: ignore[reportArgumentType]
    assert answer.artifact["regions"] == []
    assert answer.artifact["heatmap_path"] is None
    assert answer.text.startswith('img-1: "dog" not found anywhere.')


def test_counting_says_about(planted: Planted, store: MediaStore) -> None:
    tool = count_objects_tool(planted, store)  # pyright: ignore[reportArgumentType]
    answer = call(tool, image="img-1", noun="cats")
    assert answer.text.startswith("img-1: about 2 cats (presence ")
    assert answer.artifact["about"] == 2
    assert len(answer.artifact["probabilities"]) == 4
    none = call(tool, image="img-1", noun="dog")
    assert none.artifact["about"] == 0
    assert none.text.startswith('img-1: no "dog" found')


async def test_tools_run_side_by_side(tools: dict[str, BaseTool]) -> None:
    requests = [
        {
            "name": "locate",
            "args": {"image": f"img-{index % 2 + 1}", "query": "cat"},
            "id": str(index),
            "type": "tool_call",
        }
        for index in range(6)
    ]
    answers = await asyncio.gather(*(tools["locate"].ainvoke(request) for request in requests))
    assert [answer.artifact["handle"] for answer in answers] == [f"img-{index % 2 + 1}" for index in range(6)]
    assert answers[0].artifact == answers[2].artifact
