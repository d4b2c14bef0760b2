"""LangChain's own standard tests, unit and integration, all of them, for every tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from mm_agent.media import MediaStore
from mm_agent_tools import TOOL_FACTORIES

EXAMPLES: dict[str, dict[str, Any]] = {
    "classify_image": {"image": "img-1", "labels": ["cat", "dog"], "exclusive": True, "top_k": 2},
    "match_text": {"image": "img-2", "texts": ["a photo of 2 cats", "a photo of 2 dogs"]},
    "extract_features": {"image": "img-1", "kind": "patch"},
    "summarise_feature_map": {"image": "img-1", "query": "cat"},
    "count_objects": {"image": "img-1", "noun": "cat"},
    "locate": {"image": "img-1@60,0,120,60", "query": "cat"},
    "inspect_region": {"image": "img-1", "box": [60, 0, 120, 60]},
    "compare_images": {"image": "img-1", "other": "img-2"},
    "sample_frames": {"video": "vid-1", "strategy": "query", "n": 4, "query": "cat"},
    "find_moments": {"video": "vid-1", "query": "cat"},
    "describe_video": {"video": "vid-1"},
}


class EachTool:
    """Every test of a class that mixes this in runs once a tool."""

    made: BaseTool
    arguments: dict[str, Any]

    @pytest.fixture(autouse=True, params=sorted(EXAMPLES))
    def _made(
        self, request: pytest.FixtureRequest, tools: dict[str, BaseTool], store: MediaStore, root: Path
    ) -> None:
        self.made, self.arguments = tools[request.param], EXAMPLES[request.param]
        if "video" in self.arguments:
            store.add((root / "examples" / "changing-scene.mp4").read_bytes())

    @property
    def tool_constructor(self) -> BaseTool:
        return self.made

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return dict(self.arguments)


class TestUnit(EachTool, ToolsUnitTests):
    """The unit suite."""


class TestIntegration(EachTool, ToolsIntegrationTests):
    """The integration suite, sync and async."""


def test_every_tool_is_put_to_the_standard_tests() -> None:
    assert set(EXAMPLES) == {make.__name__.removesuffix("_tool") for make in TOOL_FACTORIES}
