"""Looking closer, and looking at two pictures: tags, colours, zoom and differences, in whole pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from langchain_core.tools import BaseTool
from PIL import Image

from mm_agent.media import MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit
from tests.tools.test_answers import call
from tests.vision import builders


@pytest.fixture(scope="module")
def demo() -> SiglipEncoder:
    """The shipped weights, which know what they see."""
    return SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")


@pytest.fixture
def examples(root: Path, tmp_path: Path) -> MediaStore:
    """``img-1``: two cats on green; ``img-2``: three apples on blue; ``img-3``: a hamburger and fries."""
    store = MediaStore(artifact_dir=tmp_path / "artifacts")
    for name in ("two-cats", "three-apples", "hamburger-and-fries"):
        store.add(root / "examples" / f"{name}.png")
    return store


@pytest.fixture
def seeing(demo: SiglipEncoder, examples: MediaStore) -> dict[str, BaseTool]:
    """The tools over the shipped weights and examples."""
    return {tool.name: tool for tool in SiglipToolkit(encoder=demo, store=examples).get_tools()}


def test_a_region_gets_a_handle_tags_and_colours(seeing: dict[str, BaseTool], examples: MediaStore) -> None:
    answer = call(seeing["inspect_region"], image="img-2", box=[120, 50, 280, 220])
    found = answer.artifact
    assert found["handle"] == "img-2@120,50,280,220"
    assert examples.image(found["handle"]).size == (160, 170)
    assert found["labels"][0]["label"] == "apple"
    assert found["labels"][0]["present"]
    assert [colour["name"] for colour in found["colours"][:2]] == ["green", "blue"]
    assert found["share"] == pytest.approx(160 * 170 / 448**2)
    assert found["zoom"] == 1.0
    assert "Enlarged" not in answer.text


def test_a_small_region_is_enlarged_and_says_so(seeing: dict[str, BaseTool]) -> None:
    answer = call(seeing["inspect_region"], image="img-1", box=[20, 150, 40, 160])
    assert answer.artifact["zoom"] == pytest.approx(2.0)  # 20 pixels and their margin, to the encoder's 64
    assert "Enlarged 2.0 times before the encoder looked" in answer.text
    assert "20x10 pixels, <1% of the whole picture" in answer.text
    with Image.open(answer.artifact["crop_path"]) as crop:
        assert crop.size == (64, 64)


def test_a_region_of_a_region_is_named_in_the_whole_picture(seeing: dict[str, BaseTool]) -> None:
    answer = call(seeing["inspect_region"], image="img-1@100,100,300,300", box=[10, 20, 60, 400])
    assert answer.artifact["handle"] == "img-1@110,120,160,300"
    assert answer.artifact["box"] == [110, 120, 160, 300]


def test_without_a_box_the_whole_picture_is_looked_at_as_it_is(
    seeing: dict[str, BaseTool], demo: SiglipEncoder, examples: MediaStore
) -> None:
    for box in (None, []):
        found = call(seeing["inspect_region"], image="img-2", box=box).artifact
        assert (found["handle"], found["share"], found["zoom"]) == ("img-2", 1.0, 1.0)
        best = found["labels"][0]
        assert best["label"] == "apple"
        templates = demo.default_templates("en")
        plain = demo.score(examples.image("img-2"), ["apple"], templates=templates)
        assert best["score"] == pytest.approx(float(plain[0, 0]), abs=1e-5)
        assert [colour["name"] for colour in found["colours"][:2]] == ["blue", "green"]


def test_chinese_colours_and_tags(demo: SiglipEncoder, examples: MediaStore) -> None:
    kit = SiglipToolkit(encoder=demo, store=examples, language="zh")
    tools = {tool.name: tool for tool in kit.get_tools()}
    text = tools["inspect_region"].invoke({"image": "img-2"})
    assert "苹果" in text
    assert "蓝色" in text


def test_two_pictures_differ_in_what_they_show(seeing: dict[str, BaseTool]) -> None:
    answer = call(seeing["compare_images"], image="img-1", other="img-2")
    found = answer.artifact
    assert "cat" in [tag["label"] for tag in found["only_first"]]
    assert "apple" in [tag["label"] for tag in found["only_second"]]
    assert found["similarity"] < 0.7
    assert "Only img-1 shows: " in answer.text
    with Image.open(found["picture_path"]) as drawn:
        assert drawn.width > 2 * 448
        assert np.asarray(drawn).std() > 0


def test_what_was_added_is_where_they_differ(
    seeing: dict[str, BaseTool], examples: MediaStore, root: Path
) -> None:
    airplane = examples.add(root / "examples" / "airplane-top-left.png").handle
    background = examples.image(airplane).getpixel((440, 440))
    empty = examples.add(Image.new("RGB", (448, 448), background)).handle
    found = call(seeing["compare_images"], image=airplane, other=empty).artifact
    place = found["places"][0]
    assert place["handle"].startswith(f"{airplane}@")
    assert place["where"] == "top left"
    left, top, right, bottom = place["box"]
    assert left < 100 < right
    assert top < 90 < bottom


def test_the_same_picture_has_no_differences(seeing: dict[str, BaseTool]) -> None:
    answer = call(seeing["compare_images"], image="img-1", other="img-1")
    assert answer.artifact["same"] is True
    assert answer.artifact["places"] == []
    assert answer.artifact["only_first"] == answer.artifact["only_second"] == []
    assert answer.text.startswith("img-1 and img-1 are the same picture")


def test_places_in_a_region_are_named_in_the_whole_picture(seeing: dict[str, BaseTool]) -> None:
    found = call(seeing["compare_images"], image="img-1@0,100,224,400", other="img-2").artifact
    for place in found["places"]:
        if place["handle"].startswith("img-1"):
            assert place["handle"] == "img-1@" + ",".join(map(str, place["box"]))
            assert place["box"][1] >= 100
            assert place["box"][2] <= 224


def test_a_clip_compares_without_places(store: MediaStore, tmp_path: Path) -> None:
    clip = SiglipEncoder.from_pretrained(builders.clip(tmp_path / "clip"), device="cpu", dtype="float32")
    tools = {tool.name: tool for tool in SiglipToolkit(encoder=clip, store=store).get_tools()}
    found = call(tools["compare_images"], image="img-1", other="img-2").artifact
    assert found["places"] is None
    assert found["picture_path"] is None
    assert -1 <= found["similarity"] <= 1.001
