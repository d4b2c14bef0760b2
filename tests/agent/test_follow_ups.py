"""Over several turns: that region, parallel calls, a call mended after its error."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from mm_agent.agent import OfflinePlanner, ask, build_agent
from tests.agent.scripted import ScriptedModel, calling
from tests.agent.world import one_scene, two_scenes


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("Where is the apple?", "What is in that region?"),
        ("Where is the apple?", "How many apples are in that area?"),
        ("苹果在哪里？", "那个区域里有什么？"),
        ("苹果在哪里？", "那块区域里有几个苹果？"),
    ],
)
def test_that_region_is_the_one_found_last(first: str, then: str) -> None:
    world = one_scene()
    agent = build_agent(OfflinePlanner(), world.tools())
    ask(agent, first, items=world.items())
    ask(agent, "How many cats are there?")
    answer = ask(agent, then)
    assert {use.args["image"] for use in answer.tool_calls} == {"img-1@36,36,60,60"}
    assert "img-1@36,36,60,60" in answer.text


def test_without_a_region_the_picture_is_meant() -> None:
    world = one_scene()
    answer = ask(build_agent(OfflinePlanner(), world.tools()), "What is in that region?", items=world.items())
    assert {use.args["image"] for use in answer.tool_calls} == {"img-1"}


def test_calls_of_one_message_all_run_and_come_back_in_order() -> None:
    calls = [
        calling("count_objects", call_id=str(number), image=f"img-{number}", noun=noun)
        for number, noun in ((1, "cat"), (2, "dog"))
    ]
    together = AIMessage("", tool_calls=[call.tool_calls[0] for call in calls])
    model = ScriptedModel(script=[together, AIMessage("2 cats and 3 dogs.")])
    answer = ask(build_agent(model, two_scenes().tools()), "How many of each?")
    assert [use.args["image"] for use in answer.tool_calls] == ["img-1", "img-2"]
    results = [message for message in model.heard[1] if isinstance(message, ToolMessage)]
    assert [message.tool_call_id for message in results] == ["1", "2"]


def test_a_model_mends_its_call_after_an_error() -> None:
    model = ScriptedModel(
        script=[
            calling("count_objects", call_id="1", image="img-7", noun="cat"),
            calling("count_objects", call_id="2", image="img-1", noun="cat"),
            AIMessage("2 cats in img-1 (count_objects, 0.93)."),
        ]
    )
    answer = ask(build_agent(model, one_scene().tools()), "How many cats?")
    assert [use.failed for use in answer.tool_calls] == [True, False]
    assert "known: img-1" in answer.tool_calls[0].result_text
    assert [citation.handle for citation in answer.citations] == ["img-1"]
