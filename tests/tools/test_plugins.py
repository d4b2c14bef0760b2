"""Tools chosen by name, and tools that other installed packages add."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mm_agent.errors import SettingsError
from mm_agent.media import MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit
from mm_agent_tools.toolkit import BUILT_IN

SOURCE = '''
from langchain_core.tools import tool

def size_tool(encoder, store, *, language="en"):
    @tool
    def measure(image: str) -> str:
        """Say how large a picture is.

        Args:
            image: Media handle, such as img-1.
        """
        item = store.resolve(image)
        return f"{item.handle}: {item.width} x {item.height} ({language}, {encoder.family})"
    return measure

def failing_tool(encoder, store, *, language="en"):
    raise RuntimeError("no\\nluck")

def other_name_tool(encoder, store, *, language="en"):
    return size_tool(encoder, store)

def no_tool(encoder, store, *, language="en"):
    return "measure"

NUMBER = 7
'''

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a distribution: a folder on the path with a module and its ``*.dist-info``."""

    def put(*points: str, project: str = "their-tools", source: str = SOURCE) -> None:
        folder = tmp_path / project
        module = project.replace("-", "_")
        info = folder / f"{module}-1.2.dist-info"
        info.mkdir(parents=True)
        (folder / f"{module}.py").write_text(source)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.2\n")
        lines = [f"{point.partition(':')[0]} = {module}:{point.partition(':')[2]}" for point in points]
        (info / "entry_points.txt").write_text("\n".join(["[mm_agent.tools]", *lines]))
        sys.modules.pop(module, None)
        monkeypatch.syspath_prepend(str(folder))

    return put


@pytest.fixture
def toolkit(encoder: SiglipEncoder, store: MediaStore) -> Callable[..., SiglipToolkit]:
    return lambda **options: SiglipToolkit(encoder=encoder, store=store, **options)


def test_tools_are_chosen_by_name_in_the_order_asked(toolkit: Callable[..., SiglipToolkit]) -> None:
    chosen = toolkit(include=("locate", "classify_image")).get_tools()
    assert [tool.name for tool in chosen] == ["locate", "classify_image"]
    assert toolkit(include=()).get_tools() == []
    with pytest.raises(SettingsError, match=r"there is no tool locat; include some of: .*locate"):
        toolkit(include=("locat",)).get_tools()


def test_an_installed_package_adds_a_tool(toolkit: Callable[..., SiglipToolkit], install: Install) -> None:
    install("measure:size_tool")
    tools = {tool.name: tool for tool in toolkit(language="zh").get_tools()}
    assert list(tools) == [*BUILT_IN, "measure"]
    assert tools["measure"].invoke({"image": "img-1"}) == "img-1: 120 x 60 (zh, siglip)"
    (only,) = toolkit(include=("measure",)).get_tools()
    assert only.name == "measure"


@pytest.mark.parametrize(
    ("points", "source", "said"),
    [
        (["measure:size_tool"], "import nothing_of_this_name", "ModuleNotFoundError: No module named"),
        (["measure:size_tool"], "def size_tool(:", "SyntaxError"),
        (["measure:absent_tool"], SOURCE, "AttributeError"),
        (["measure:NUMBER"], SOURCE, "is no function; it must be (encoder, store, *, language) -> BaseTool"),
        (["measure:failing_tool"], SOURCE, "is broken: RuntimeError: no luck; mend or uninstall it"),
        (["ruler:other_name_tool"], SOURCE, "it made the tool measure; its factory must return"),
        (["measure:no_tool"], SOURCE, "it made a str; its factory must return"),
        (["locate:size_tool"], SOURCE, "a built-in tool is named locate already"),
    ],
)
def test_a_broken_plug_in_is_reported_and_skipped(
    toolkit: Callable[..., SiglipToolkit],
    install: Install,
    caplog: pytest.LogCaptureFixture,
    points: list[str],
    source: str,
    said: str,
) -> None:
    install(*points, project="broken-tools", source=source)
    with caplog.at_level(logging.WARNING):
        tools = toolkit().get_tools()
    assert [tool.name for tool in tools] == list(BUILT_IN)
    assert all(type(tool).__module__.startswith("langchain_core") for tool in tools)
    (record,) = caplog.records
    assert "broken-tools 1.2" in record.getMessage()
    assert said in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_broken_plug_in_asked_for_by_name_is_an_error(
    toolkit: Callable[..., SiglipToolkit], install: Install
) -> None:
    install("measure:failing_tool", "locate:size_tool")
    with pytest.raises(SettingsError, match=r"measure of their-tools 1\.2 is broken: RuntimeError: no luck"):
        toolkit(include=("measure",)).get_tools()
    (ours,) = toolkit(include=("locate",)).get_tools()
    assert ours.description.startswith("Find where")


def test_choosing_only_built_in_tools_runs_no_foreign_code(
    toolkit: Callable[..., SiglipToolkit], install: Install, tmp_path: Path
) -> None:
    install("measure:size_tool", source=f"open({str(tmp_path / 'ran')!r}, 'w').close()\n{SOURCE}")
    toolkit(include=("locate",)).get_tools()
    assert not (tmp_path / "ran").exists()
    toolkit().get_tools()
    assert (tmp_path / "ran").exists()


def test_of_two_tools_with_one_name_the_one_that_works_is_taken(
    toolkit: Callable[..., SiglipToolkit], install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install("measure:size_tool", project="a-broken", source="1 / 0")
    install("measure:size_tool", project="b-sound")
    install("measure:size_tool", project="c-late")
    assert [tool.name for tool in toolkit().get_tools()] == [*BUILT_IN, "measure"]
    assert len(toolkit(include=("measure",)).get_tools()) == 1
    said = "\n".join(caplog.messages)
    assert "measure of a-broken 1.2 is broken" in said
    assert "measure of c-late 1.2 is broken: b-sound 1.2 has a tool of that name already" in said
