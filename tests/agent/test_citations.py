"""Citations: the evidence an answer's words rely on, and no other."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage

from mm_agent.agent import Answer, OfflinePlanner, ask, build_agent
from mm_agent.agent.citations import Citation
from tests.agent.scripted import ScriptedModel, calling
from tests.agent.world import MIDDLE, TOP_LEFT, World, one_scene, two_scenes


def planned(world: World, question: str) -> Answer:
    return ask(build_agent(OfflinePlanner(), world.tools()), question, items=world.items())


def told(text: str) -> Answer:
    """An answer in these words after counting cats in both pictures and locating the apple in the first."""
    world = two_scenes()
    calls = [
        calling("count_objects", call_id="1", image="img-1", noun="cat"),
        calling("count_objects", call_id="2", image="img-2", noun="cat"),
        calling("locate", call_id="3", image="img-1", query="apple"),
    ]
    together = AIMessage("", tool_calls=[call.tool_calls[0] for call in calls])
    return ask(build_agent(ScriptedModel(script=[together, AIMessage(text)]), world.tools()), "Well?")


APPLE = Citation("img-1", "locate", "apple", MIDDLE, 0.8)
CATS = Citation("img-1", "count_objects", "cat", None, 0.93)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("There are 2 cats in img-1 (count_objects, 0.93).", {CATS}),
        ("img-1 里有 2 只猫（count_objects，0.93）。", {CATS}),
        ("The apple is in the middle (locate, img-1@36,36,60,60).", {APPLE}),
        ("2 cats in img-1 (0.93); the apple is at img-1@36,36,60,60 (0.80).", {CATS, APPLE}),
        ("I like Tuesdays.", set()),
    ],
)
def test_what_the_words_name_is_cited(text: str, cited: set[Citation]) -> None:
    found = set(told(text).citations)
    assert cited <= found
    assert {fact for fact in found if fact.about != "cat"} == {fact for fact in cited if fact.about != "cat"}


def test_the_planner_cites_each_answer() -> None:
    where = planned(one_scene(), "Where are the cats?")
    assert Citation("img-1", "locate", "cat", TOP_LEFT, 0.8) in where.citations
    count = planned(two_scenes(), "How many dogs are in the second picture?")
    assert Citation("img-2", "count_objects", "dog", None, 0.93) in count.citations
    assert {citation.handle for citation in count.citations} == {"img-2"}


@pytest.mark.parametrize(
    ("question", "words"), [("Where is the dog?", "I see no dog"), ("图里有狗吗？", "没有")]
)
def test_a_thing_that_is_not_there_is_not_guessed(question: str, words: str) -> None:
    answer = planned(one_scene(), question)
    assert words in answer.text
    assert all(citation.region is None for citation in answer.citations)
    assert {citation.score for citation in answer.citations} == {0.01}


def test_weak_evidence_is_no_answer() -> None:
    world = one_scene()
    world.sure = 0.3
    answer = planned(world, "How many cats are there?")
    assert answer.text.startswith("I cannot tell")


def test_failed_calls_are_not_cited() -> None:
    model = ScriptedModel(
        script=[calling("count_objects", image="img-9", noun="cat"), AIMessage("2 cats in img-9 (0.93).")]
    )
    assert ask(build_agent(model, one_scene().tools()), "How many cats?").citations == ()
