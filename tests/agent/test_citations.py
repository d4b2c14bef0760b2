"""Citations: the evidence an answer's words rely on, no other, and what no tool bears out."""

from __future__ import annotations

import pytest
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage
from langchain_core.tools import StructuredTool
from pydantic import BaseModel

from mm_agent.agent import Answer, Citation, CitedAnswer, OfflinePlanner, aask, ask, build_agent
from mm_agent.agent.memory.memory import open_memory
from mm_agent.settings import Settings
from tests.agent.scripted import ScriptedModel, calling
from tests.agent.world import MIDDLE, TOP_LEFT, World, one_film, one_scene, two_scenes


def planned(world: World, question: str) -> Answer:
    return ask(build_agent(OfflinePlanner(), world.tools()), question, items=world.items())


LOOKS = AIMessage(
    "",
    tool_calls=[
        call.tool_calls[0]
        for call in (
            calling("count_objects", call_id="1", image="img-1", noun="cat"),
            calling("count_objects", call_id="2", image="img-2", noun="cat"),
            calling("locate", call_id="3", image="img-1", query="apple"),
        )
    ],
)


def told(text: str) -> Answer:
    """An answer in these words after counting cats in both pictures and locating the apple in the first."""
    world = two_scenes()
    agent = build_agent(ScriptedModel(script=[LOOKS, AIMessage(text)]), world.tools())
    return ask(agent, "Well?", items=world.items())


APPLE = Citation(handle="img-1", tool="locate", about="apple", region=MIDDLE, score=0.8)
CATS = Citation(handle="img-1", tool="count_objects", about="cat", score=0.93)
NO_CATS = Citation(handle="img-2", tool="count_objects", about="cat", score=0.01)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("There are 2 cats in img-1 (count_objects, 0.93).", {CATS}),
        ("img-1 里有 2 只猫（count_objects，0.93）。", {CATS}),
        ("在img-1里有两只猫，93%。", {CATS}),
        ("The apple is in the middle (locate, img-1@36,36,60,60).", {APPLE}),
        ("2 cats in img-1 (0.93); the apple is at img-1@36,36,60,60 (0.80).", {CATS, APPLE}),
        ("No cat in img-2 (0.010).", {NO_CATS}),
        ("I like Tuesdays.", set()),
    ],
)
def test_what_the_words_name_is_cited(text: str, cited: set[Citation]) -> None:
    answer = told(text)
    found = set(answer.citations)
    assert cited <= found
    assert {fact for fact in found if fact.about != "cat"} == {fact for fact in cited if fact.about != "cat"}
    assert answer.unsupported == ()


@pytest.mark.parametrize(
    ("text", "unsupported"),
    [
        ("2 cats in img-1 (count_objects, 0.55).", [("img-1", None, 0.55)]),
        ("3 cats in img-2 (count_objects, 0.93).", [("img-2", None, 0.93)]),
        ("A dog in img-7 (0.88).", [("img-7", None, None), ("img-7", None, 0.88)]),
        ("The apple is at img-1@1,2,30,40.", [("img-1", (1, 2, 30, 40), None)]),
        ("它在img-1@1,2,30,40，得分0.80。", [("img-1", (1, 2, 30, 40), None)]),
        ("Surely a cat: 71%.", [("", None, 0.71)]),
        ("A cat at vid-3@2.5s.", [("vid-3@2.5s", None, None)]),
        ("It takes 0.55 s, and img-2 is blue.", []),
    ],
)
def test_what_no_tool_reported_is_not_cited_but_told(
    text: str, unsupported: list[tuple[str, tuple[int, ...] | None, float | None]]
) -> None:
    answer = told(text)
    assert [(claim.handle, claim.region, claim.score) for claim in answer.unsupported] == unsupported
    assert not {claim.region for claim in answer.unsupported if claim.region} & {
        fact.region for fact in answer.citations
    }


def test_the_planner_cites_each_answer() -> None:
    where = planned(one_scene(), "Where are the cats?")
    assert Citation(handle="img-1", tool="locate", about="cat", region=TOP_LEFT, score=0.8) in where.citations
    count = planned(two_scenes(), "How many dogs are in the second picture?")
    assert Citation(handle="img-2", tool="count_objects", about="dog", score=0.93) in count.citations
    assert {citation.handle for citation in count.citations} == {"img-2"}


def test_a_score_is_cited_for_the_name_it_is_of() -> None:
    answer = planned(one_scene(), "Is there an animal?")
    (fact,) = answer.cited.evidence
    assert (fact.about, fact.score) == ("cat", 0.97)


def test_a_moment_is_cited_with_its_seconds() -> None:
    answer = planned(one_film(), "When can the dog be seen?")
    found = [fact for fact in answer.citations if fact.about == "dog"]
    assert (3.0, 10.0) in [fact.seconds for fact in found]
    assert {fact.handle.partition("@")[0] for fact in found} == {"vid-1"}
    assert answer.unsupported == ()


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
    answer = ask(build_agent(model, one_scene().tools()), "How many cats?")
    assert answer.citations == ()
    assert [claim.score for claim in answer.unsupported] == [0.93]


def test_a_later_answer_may_go_back_to_what_was_reported_before() -> None:
    script: list[AIMessage | Exception] = [
        LOOKS,
        AIMessage("Two in img-1 (0.93)."),
        AIMessage("As I said: img-1, 0.93, not 0.41."),
    ]
    world = two_scenes()
    agent = build_agent(ScriptedModel(script=script), world.tools())
    ask(agent, "How many cats?", items=world.items())
    again = ask(agent, "Sure?")
    assert again.tool_calls == ()
    assert again.citations == (CATS,)
    assert [claim.score for claim in again.unsupported] == [0.41]


def test_a_frame_named_to_ask_back_is_no_invention_but_one_beside_evidence_is() -> None:
    ask_back = AIMessage("Ask about a frame, such as vid-1@2.0s.")
    look = calling("find_moments", video="vid-1", query="dog")
    script: list[AIMessage | Exception] = [ask_back, look, AIMessage("The dog is at vid-1@9.9s (0.93).")]
    world = one_film()
    agent = build_agent(ScriptedModel(script=script), world.tools())
    assert ask(agent, "Which has more?", items=world.items()).unsupported == ()
    assert [claim.handle for claim in ask(agent, "When is the dog there?").unsupported] == ["vid-1@9.9s"]


def test_what_a_person_said_is_no_invention() -> None:
    model = ScriptedModel(script=[AIMessage("I cannot see img-5@1,2,3,4, nor say that it is over 0.50.")])
    answer = ask(build_agent(model, []), "Is img-5@1,2,3,4 over 0.50?")
    assert answer.unsupported == ()


def test_words_of_a_foreign_tool_bear_out_a_score() -> None:
    def read(image: str) -> str:
        return f"{image} says EXIT, confidence 0.77"

    script: list[AIMessage | Exception] = [
        calling("read", image="img-1"),
        AIMessage("EXIT in img-1 (read, 0.77), not 0.12."),
    ]
    tool = StructuredTool.from_function(read, description="Read.")
    answer = ask(build_agent(ScriptedModel(script=script), [tool]), "What does it say?")
    assert [claim.score for claim in answer.unsupported] == [0.12]


# A model's own CitedAnswer, checked.

CLAIMED = CitedAnswer(
    answer="Two cats; the apple is in the middle.",
    evidence=(
        Citation(handle="img-1", tool="count_objects", about="cats", score=0.93),
        Citation(handle="img-1@36,36,60,60", tool="locate"),
        Citation(handle="img-1", tool="locate", about="apple", score=0.99),
        Citation(handle="img-2", tool="classify_image", score=0.93),
    ),
)
AS_CALL = calling("CitedAnswer", **CLAIMED.model_dump(mode="json", exclude={"unsupported"}))
BACKED, UNBACKED = [CATS, APPLE], CLAIMED.evidence[2:]


@pytest.mark.parametrize("wanted", [CitedAnswer, ToolStrategy(CitedAnswer)])
def test_a_models_own_citations_are_checked(wanted: object) -> None:
    world = two_scenes()
    agent = build_agent(ScriptedModel(script=[LOOKS, AS_CALL]), world.tools(), response_format=wanted)
    answer = ask(agent, "Well?", items=world.items())
    assert answer.text == CLAIMED.answer
    assert list(answer.citations[:2]) == BACKED
    assert answer.unsupported == UNBACKED
    assert [use.name for use in answer.tool_calls] == ["count_objects", "count_objects", "locate"]
    assert answer.structured == answer.cited
    state = agent.get_state({"configurable": {"thread_id": "main"}}).values
    assert state["structured_response"] == answer.cited


async def test_also_when_awaited_and_kept_in_a_file() -> None:
    memory = open_memory(Settings())
    world = two_scenes()
    model = ScriptedModel(script=[LOOKS, AS_CALL, AS_CALL])
    agent = build_agent(model, world.tools(), response_format=CitedAnswer, checkpointer=memory.checkpointer)
    first = await aask(agent, "Well?", items=world.items())
    again = await aask(agent, "Say it again.")
    assert first.unsupported == again.unsupported == UNBACKED
    assert list(again.citations) == BACKED


def test_where_a_model_gives_none_ours_takes_its_place() -> None:
    world = one_scene()
    agent = build_agent(OfflinePlanner(), world.tools(), response_format=CitedAnswer)
    answer = ask(agent, "How many cats are there?", items=world.items())
    assert isinstance(answer.structured, CitedAnswer)
    assert answer.structured.answer == answer.text
    assert CATS in answer.structured.evidence


def test_an_old_structured_answer_is_not_taken_for_a_new_one() -> None:
    script: list[AIMessage | Exception] = [
        LOOKS,
        AS_CALL,
        *(calling("count_objects", call_id=str(n), image="img-1", noun="cat") for n in "12"),
    ]
    world = two_scenes()
    agent = build_agent(
        ScriptedModel(script=script), world.tools(), response_format=CitedAnswer, max_model_calls=2
    )
    ask(agent, "Well?", items=world.items())
    stopped = ask(agent, "And now?")
    assert stopped.text.startswith("I stopped")
    assert stopped.structured == CitedAnswer(answer=stopped.text)


class Verdict(BaseModel):
    """Yes or no."""

    yes: bool


def test_another_schema_reaches_the_answer_too() -> None:
    agent = build_agent(ScriptedModel(script=[calling("Verdict", yes=True)]), [], response_format=Verdict)
    answer = ask(agent, "Is it?")
    assert answer.structured == Verdict(yes=True)
    assert answer.text == '{"yes":true}'
    assert answer.tool_calls == ()


def test_models_are_not_asked_for_what_is_found_out() -> None:
    fields = CitedAnswer.model_json_schema()["properties"]
    assert list(fields) == ["answer", "evidence"]
    assert "unsupported" in CitedAnswer(answer="x").model_dump(mode="json")
