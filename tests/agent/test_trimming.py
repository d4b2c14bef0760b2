"""Long conversations: what is trimmed, and that no handle ever is."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from mm_agent.agent import OfflinePlanner, ask, build_agent
from mm_agent.agent.message import media_of
from mm_agent.agent.middleware.history import mend
from mm_agent.agent.middleware.trim import size
from mm_agent.media.item import MediaItem
from tests.agent.scripted import ScriptedModel, calling
from tests.agent.world import World, two_scenes


def item(number: int) -> MediaItem:
    return MediaItem(f"img-{number}", "image", "0" * 64, 96, 96, f"scene {number}.png")


def test_sixty_turns_fit_the_budget_and_no_handle_is_lost() -> None:
    world: World = two_scenes()
    script: list[AIMessage | Exception] = [
        message
        for number in range(60)
        for message in (
            calling("count_objects", call_id=str(number), image="img-1", noun="cat"),
            AIMessage(f"Answer {number}: two cats in img-1 (count_objects, 0.93)."),
        )
    ]
    model = ScriptedModel(script=script)
    agent = build_agent(model, world.tools(), context_tokens=1500)
    for number in range(60):
        items = [item(number + 1)] if number < 10 else []
        assert ask(agent, f"Question {number}?", items=items).text.startswith(f"Answer {number}")
    handles = [f"img-{number}" for number in range(1, 11)]
    for heard in model.heard[20:]:
        conversation: list[Any] = heard[1:]  # behind the system prompt
        assert size(conversation) <= 1500 + 300  # what moves along with the media
        listed = [medium.handle for message in conversation for medium in media_of(message)
                  if isinstance(message, HumanMessage)]  # fmt: skip
        assert listed == handles
        asked = " ".join(message.text for message in conversation if isinstance(message, HumanMessage))
        assert all(f"- {handle}: picture" in asked for handle in handles)
        assert mend(conversation) == conversation  # no call without its result
        results = {m.tool_call_id for m in conversation if isinstance(m, ToolMessage)}
        calls = {c["id"] for m in conversation if isinstance(m, AIMessage) for c in m.tool_calls}
        assert results == calls
    last = [message.text for message in model.heard[-1] if isinstance(message, HumanMessage)]
    assert "Question 59?" in last[-1]
    state = agent.get_state({"configurable": {"thread_id": "main"}}).values["messages"]
    assert len(state) == 60 * 4  # the state keeps everything


def test_old_results_go_before_old_turns() -> None:
    world = two_scenes()
    script: list[AIMessage | Exception] = [
        message
        for number in range(4)
        for message in (
            calling("classify_image", call_id=str(number), image="img-1"), AIMessage(f"Answer {number}."),
        )
    ]  # fmt: skip
    model = ScriptedModel(script=script)
    agent = build_agent(model, world.tools(), context_tokens=330)
    for number in range(4):
        ask(agent, f"Question {number}?", items=world.items() if number == 0 else ())
    heard = model.heard[-1][1:]
    results = [str(message.text) for message in heard if isinstance(message, ToolMessage)]
    assert "left out" in results[0]
    assert "cat" in results[-1]
    assert "Question 0?" in str(heard[0].text)


def test_the_planner_still_knows_the_second_picture_after_a_long_talk() -> None:
    world = two_scenes()
    agent = build_agent(OfflinePlanner(), world.tools(), context_tokens=400)
    ask(agent, "How many cats are in the first picture?", items=world.items())
    for _ in range(15):
        ask(agent, "How many cats are in the first picture?")
    answer = ask(agent, "How many dogs are in the second picture?")
    assert "3 dogs in img-2" in answer.text
