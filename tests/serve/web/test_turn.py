"""How a question and its answer are shown."""

from __future__ import annotations

from pathlib import Path

from mm_agent.agent.answer import ToolUse
from mm_agent.serve.web.turn import Shown, Turn
from mm_agent.serve.web.words import TOOLS
from mm_agent_tools.toolkit import TOOL_FACTORIES


def test_what_follows_a_tools_list_is_not_a_part_of_it() -> None:
    turn = Turn("Where is the car?")
    turn.start("call-1", "locate", {"image": "img-1", "query": "car"})
    text = "car in img-1:\n- bottom right\n- top left\nHeat map saved.\nNote."
    turn.finish("call-1", ToolUse("locate", {"image": "img-1", "query": "car"}, text, None, 0.5), [])
    step = turn.messages()[1]
    assert step["content"] == "car in img-1:\n- bottom right\n- top left\n\nHeat map saved.\nNote."
    assert step["metadata"]["title"] == "Looked where it is · img-1 · car"


def test_names_of_files_are_no_markup() -> None:
    turn = Turn("*Which*?", media=[Shown(Path("a1.png"), "img-1 [x](http://example.com)_.png")])
    shown = turn.messages()[0]["content"]
    assert r"img-1 \[x\](http://example.com)\_.png" in shown
    assert r"\*Which\*?" in shown


def test_every_tool_of_ours_is_named_for_people() -> None:
    ours = {factory.__name__.removesuffix("_tool") for factory in TOOL_FACTORIES}
    assert TOOLS.keys() == {*ours, "classify_domain"}
