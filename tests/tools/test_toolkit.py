"""The toolkit: no tool file is left out, and the schemas tell a model what it needs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

import mm_agent_tools
from mm_agent.media import MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import TOOL_FACTORIES, SiglipToolkit

ARGUMENTS = {
    "classify_image": (["image", "labels", "exclusive", "top_k"], ["image"]),
    "match_text": (["image", "texts"], ["image", "texts"]),
    "extract_features": (["image", "kind"], ["image"]),
    "summarise_feature_map": (["image", "query"], ["image"]),
    "count_objects": (["image", "noun"], ["image", "noun"]),
    "locate": (["image", "query"], ["image", "query"]),
    "inspect_region": (["image", "box"], ["image"]),
    "compare_images": (["image", "other"], ["image", "other"]),
    "sample_frames": (["video", "strategy", "n", "query"], ["video"]),
    "find_moments": (["video", "query"], ["video", "query"]),
    "describe_video": (["video"], ["video"]),
}


def test_every_tool_file_is_in_the_list() -> None:
    found = {module.name for module in pkgutil.iter_modules(mm_agent_tools.__path__)}
    others = {"toolkit", "plugins", "embeddings", "classify_domain"}  # the last comes with a domain head
    files = {name for name in found if not name.startswith("_")} - others
    assert {make.__name__ for make in TOOL_FACTORIES} == {f"{name}_tool" for name in files}
    for name in files:
        module = importlib.import_module(f"mm_agent_tools.{name}")
        assert getattr(module, f"{name}_tool") in TOOL_FACTORIES
        factories = [
            key
            for key, value in vars(module).items()
            if key.endswith("_tool") and inspect.isfunction(value) and value.__module__ == module.__name__
        ]
        assert factories == [f"{name}_tool"]


def test_the_tools_come_by_name_in_the_list_s_order(tools: dict[str, BaseTool]) -> None:
    assert list(tools) == list(ARGUMENTS)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_model_sees_every_argument_described(name: str, tools: dict[str, BaseTool]) -> None:
    function = convert_to_openai_tool(tools[name])["function"]
    arguments, required = ARGUMENTS[name]
    assert function["name"] == name
    assert list(function["parameters"]["properties"]) == arguments
    assert function["parameters"]["required"] == required
    assert len(function["description"]) > 60
    assert "Args" not in function["description"]
    for argument in function["parameters"]["properties"].values():
        assert len(argument["description"]) > 20
    media = "vid-1" if "video" in arguments else "img-1"
    assert media in function["parameters"]["properties"][arguments[0]]["description"]


def test_the_choice_of_features_is_in_the_schema(tools: dict[str, BaseTool]) -> None:
    properties = convert_to_openai_tool(tools["extract_features"])["function"]["parameters"]["properties"]
    assert properties["kind"]["enum"] == ["pooled", "patch"]


def test_the_toolkit_speaks_chinese_when_told(encoder: SiglipEncoder, store: MediaStore) -> None:
    kit = SiglipToolkit(encoder=encoder, store=store, language="zh")
    tools = {tool.name: tool for tool in kit.get_tools()}
    text = tools["count_objects"].invoke({"image": "img-1", "noun": "猫"})
    assert text.startswith("img-1：")
    assert text.endswith("注意：随机权重，仅供测试。")


def test_an_old_style_caller_gives_one_string(tools: dict[str, BaseTool]) -> None:
    assert tools["classify_image"].run("img-1") == tools["classify_image"].invoke({"image": "img-1"})
    assert tools["summarise_feature_map"].run("img-9").startswith("there is no 'img-9'")
