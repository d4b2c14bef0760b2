"""The manual's table of tools is what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from mm_agent.projection import AnyEvidence
from mm_agent_tools import TOOL_FACTORIES

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tool_table() -> ModuleType:
    """``docs/tool_table.py``, which is a script and no part of a package."""
    spec = importlib.util.spec_from_file_location("tool_table", ROOT / "docs" / "tool_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_has_not_drifted(tool_table: ModuleType) -> None:
    text = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    assert tool_table.page(text) == text, "run: make help-pages"


def test_every_tool_has_a_row_with_its_arguments_and_evidence(tool_table: ModuleType) -> None:
    rows = tool_table.table().splitlines()[2:]
    names = [make.__name__.removesuffix("_tool") for make in TOOL_FACTORIES]
    assert [row.split("`")[1] for row in rows] == names
    union, _ = get_args(AnyEvidence)
    kinds = {kind.model_fields["kind"].default for kind in get_args(union)}
    for row in rows:
        assert row.count("|") == 5
        assert row.split("`")[-2] in kinds
    (locate,) = (row for row in rows if row.startswith("| `locate`"))
    assert locate.endswith("| `image`, `query` | `locations` |")
    (region,) = (row for row in rows if row.startswith("| `inspect_region`"))
    assert "`image`, [`box`]" in region
