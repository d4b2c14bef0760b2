"""Several turns: the planner's memory is the messages the checkpointer keeps."""

from __future__ import annotations

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from mm_agent.agent import OfflinePlanner, ask, build_agent
from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.dialogue import last_turn
from tests.agent.world import two_scenes


def test_follow_ups_and_pictures() -> None:
    world = two_scenes()
    agent = build_agent(OfflinePlanner(), world.tools())
    turns = (
        ("How many cats are in the first picture?", "I count about 2 cats in img-1"),
        ("and apples?", "I count about 1 apple in img-1"),
        ("and in the second picture?", "I see no apples in img-2"),
        ("what about dogs?", "I count about 3 dogs in img-2"),
        ("where are they?", "The dogs are at the top left"),
        ("where is the left one?", "The dogs are at the top left"),
        ("the other one?", "I see no dog in img-1"),
        ("那背景呢？", "img-1 的背景是红色"),
        ("第二张图呢？", "img-2 的背景是蓝色"),
    )
    for index, (question, start) in enumerate(turns):
        text = ask(agent, question, items=world.items() if index == 0 else ()).text
        assert text.startswith(start), (question, text)


def test_it_is_what_was_recognised() -> None:
    world = two_scenes()
    agent = build_agent(OfflinePlanner(), world.tools())
    ask(agent, "What is in img-2?", items=world.items())
    assert ask(agent, "How many are there?").text.startswith("I count about 3 dogs in img-2")


def test_a_new_picture_is_what_the_question_is_about() -> None:
    world = two_scenes()
    first, second = world.items()
    agent = build_agent(OfflinePlanner(), world.tools())
    assert "img-1" in ask(agent, "How many cats are there?", items=[first]).text
    assert "img-2" in ask(agent, "And dogs?", items=[second]).text


def test_threads_do_not_know_each_other() -> None:
    world = two_scenes()
    agent = build_agent(OfflinePlanner(), world.tools())
    ask(agent, "How many cats are in img-1?", items=world.items(), thread_id="a")
    assert ask(agent, "and apples?", thread_id="b").text.startswith("I have no picture")


def test_plain_messages_name_their_pictures_in_the_text() -> None:
    turn = last_turn([HumanMessage("How many cats are in /photos/cats.png?")], language=None)
    assert turn is not None
    assert turn.targets == ("/photos/cats.png",)
    assert turn.intents == (want.Count(("cat",)),)


def test_a_tool_that_answers_in_words_only_is_quoted() -> None:
    call = {
        "name": "count_objects",
        "args": {"image": "img-1", "noun": "cat"},
        "id": "1",
        "type": "tool_call",
    }
    messages = [
        HumanMessage("How many cats are in img-1?"),
        AIMessage(content="", tool_calls=[call]),
        ToolMessage("two cats, roughly", tool_call_id="1", name="count_objects"),
    ]
    model = OfflinePlanner().bind_tools(two_scenes().tools())
    assert model.invoke(messages).text == "count_objects says: two cats, roughly"


def test_language_can_be_chosen() -> None:
    world = two_scenes()
    agent = build_agent(OfflinePlanner(language="zh"), world.tools())
    assert ask(agent, "How many cats are in img-1?", items=world.items()).text.startswith("大约有 2 只猫")


def test_describing_takes_two_steps() -> None:
    world = two_scenes()
    agent = build_agent(OfflinePlanner(), world.tools())
    answer = ask(agent, "Describe the first picture.", items=world.items())
    assert [use.name for use in answer.tool_calls] == ["classify_image"] * 2 + ["count_objects"] * 2
    assert answer.usage.model_calls == 3
