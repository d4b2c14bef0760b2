"""The agent graph: tool errors, limits, memory, mended histories."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, ToolException

from mm_agent.agent import aask, ask, build_agent
from mm_agent.agent.answer import Event, TextDelta
from mm_agent.agent.middleware.history import INTERRUPTED, UNANSWERED, mend
from mm_agent.errors import AgentError, MediaNotFound, ToolInputError
from tests.agent.scripted import ScriptedModel, calling
from tests.agent.world import one_scene

COUNT = calling("count_objects", image="img-1", noun="cat")


def broken(error: Exception) -> BaseTool:
    def look(image: str) -> str:
        raise error

    return StructuredTool.from_function(look, description="Look.")


def test_a_scripted_model_that_runs_past_its_end_raises() -> None:
    agent = build_agent(ScriptedModel(script=[COUNT]), one_scene().tools())
    with pytest.raises(AssertionError, match="the script has 1 messages, and call 2 came"):
        ask(agent, "How many cats?")


@pytest.mark.parametrize(
    "error",
    [
        MediaNotFound("no media 'img-9'; known: img-1"),
        ToolInputError("labels are empty"),
        ToolException("no"),
    ],
)
def test_errors_on_purpose_reach_the_model(error: Exception) -> None:
    model = ScriptedModel(script=[calling("look", image="img-9"), AIMessage("I cannot look.")])
    answer = ask(build_agent(model, [broken(error)]), "What is this?")
    assert answer.tool_calls[0].failed
    assert answer.tool_calls[0].result_text == f"look failed: {error}"
    heard = model.heard[1][-1]
    assert isinstance(heard, ToolMessage)
    assert heard.status == "error"
    assert answer.evidence == ()


def test_bugs_propagate() -> None:
    model = ScriptedModel(script=[calling("look", image="img-1")])
    with pytest.raises(ZeroDivisionError):
        ask(build_agent(model, [broken(ZeroDivisionError("bug"))]), "What is this?")


def test_a_thread_survives_a_bug() -> None:
    model = ScriptedModel(script=[calling("look", image="img-1"), AIMessage("Fine again.")])
    agent = build_agent(model, [broken(ZeroDivisionError("bug"))])
    with pytest.raises(ZeroDivisionError):
        ask(agent, "What is this?")
    assert ask(agent, "And now?").text == "Fine again."
    kinds = [type(message) for message in model.heard[1]]
    assert kinds == [SystemMessage, HumanMessage, AIMessage, ToolMessage, HumanMessage]
    assert model.heard[1][3].content == INTERRUPTED


def test_mended_histories_answer_open_calls_where_they_were_made() -> None:
    history: list[Any] = [HumanMessage("a"), COUNT, HumanMessage("b")]
    mended = mend(history)
    assert [type(message) for message in mended] == [HumanMessage, AIMessage, ToolMessage, HumanMessage]
    assert mend(mended) == mended


def test_a_question_that_was_stopped_at_once_is_closed_before_the_next() -> None:
    history: list[Any] = [HumanMessage("a"), HumanMessage("b"), AIMessage("B."), HumanMessage("c")]
    mended = mend(history)
    assert [message.text for message in mended] == ["a", UNANSWERED, "b", "B.", "c"]
    assert isinstance(mended[1], AIMessage)
    assert mend(mended) == mended


@pytest.mark.parametrize(
    ("question", "said"), [("How many cats?", "I stopped"), ("图里有几只猫？", "已停止")]
)
def test_the_limit_on_model_calls_ends_the_run_with_a_line(question: str, said: str) -> None:
    model = ScriptedModel(
        script=[calling("count_objects", call_id=str(n), image="img-1", noun="cat") for n in range(3)]
    )
    events: list[Event] = []
    agent = build_agent(model, one_scene().tools(), max_model_calls=3)
    answer = ask(agent, question, on_event=events.append)
    assert answer.text.startswith(said)
    assert "3" in answer.text
    assert len(model.heard) == 3
    assert [event.text for event in events if isinstance(event, TextDelta)] == [answer.text]


def test_the_limit_is_per_question() -> None:
    model = ScriptedModel(script=[AIMessage(str(number)) for number in range(5)])
    agent = build_agent(model, [], max_model_calls=1)
    assert [ask(agent, "and?").text for _ in range(5)] == list("01234")


def test_tool_calls_over_the_limit_are_refused_and_the_model_answers() -> None:
    several = AIMessage(
        content="",
        tool_calls=[
            {
                "name": "count_objects",
                "args": {"image": "img-1", "noun": "cat"},
                "id": str(n),
                "type": "tool_call",
            }
            for n in range(4)
        ],
    )
    world = one_scene()
    model = ScriptedModel(script=[several, AIMessage("Two, I think.")])
    answer = ask(build_agent(model, world.tools(), max_tool_calls=2), "How many cats?")
    assert answer.text == "Two, I think."
    assert len(world.calls) == 2
    refused = [
        message
        for message in model.heard[1]
        if isinstance(message, ToolMessage) and message.status == "error"
    ]
    assert len(refused) == 2
    assert "limit" in str(refused[0].content)


def test_memory_and_threads() -> None:
    model = ScriptedModel(script=[AIMessage("one"), AIMessage("two"), AIMessage("three")])
    agent = build_agent(model, [])
    ask(agent, "first", thread_id="a")
    ask(agent, "second", thread_id="a")
    ask(agent, "third", thread_id="b")
    assert [message.text for message in model.heard[1][1:]] == ["first", "one", "second"]
    assert [message.text for message in model.heard[2][1:]] == ["third"]


def test_the_language_of_the_prompt_can_be_fixed() -> None:
    model = ScriptedModel(script=[AIMessage("好")])
    ask(build_agent(model, [], language="zh"), "hello")
    assert str(model.heard[0][0].content).startswith("你回答关于图片和视频的问题")


def test_a_model_that_does_not_stream_is_heard_once() -> None:
    events: list[Event] = []
    ask(build_agent(ScriptedModel(script=[AIMessage("All at once.")]), []), "hi", on_event=events.append)
    assert events == [TextDelta("All at once.")]


def test_an_empty_answer_is_an_error() -> None:
    with pytest.raises(AgentError, match="ended without an answer"):
        ask(build_agent(ScriptedModel(script=[AIMessage("")]), []), "hi")


async def test_async_twin() -> None:
    world = one_scene()
    model = ScriptedModel(script=[COUNT, AIMessage("Two cats.")])
    answer = await aask(build_agent(model, world.tools()), "How many cats?", items=world.items())
    assert answer.text == "Two cats."
    assert [use.name for use in answer.tool_calls] == ["count_objects"]
    assert answer.tool_calls[0].seconds > 0
    assert answer.evidence[0]["about"] == 2
