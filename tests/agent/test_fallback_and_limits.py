"""A second model when the first fails, and the ends of patience: calls, tokens."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import invalid_tool_call
from langchain_core.outputs import ChatResult

from mm_agent.agent import aask, ask, build_agent, load_chat_model
from mm_agent.agent.answer import Event, TextDelta
from mm_agent.errors import AgentError
from mm_agent.serve.session import ChatSession
from mm_agent.settings import Settings
from mm_agent.vision import SiglipEncoder
from tests.agent.chat_server import Reply, chat_server
from tests.agent.hosted import put
from tests.agent.scripted import ScriptedModel
from tests.agent.test_hosted import LOOK, SAID, SAY
from tests.agent.world import one_scene

DOWN = Reply(status=503, error="down")


def test_the_fallback_answers_when_the_first_fails_for_good() -> None:
    with chat_server(DOWN) as first, chat_server(LOOK, SAY) as second:
        answer = put(first.spec, fallback=load_chat_model(second.spec))
    assert answer.text == SAID
    assert len(first.requests) == 2 * 3  # two calls, each tried three times
    assert len(second.requests) == 2


def test_it_answers_at_once_when_trying_again_cannot_help(caplog: pytest.LogCaptureFixture) -> None:
    with chat_server(Reply(status=402, error="pay")) as first, chat_server(LOOK, SAY) as second:
        answer = put(first.spec, fallback=load_chat_model(second.spec))
    assert answer.text == SAID
    assert answer.usage.llms == ("http:tiny",)
    assert len(first.requests) == 2
    assert "wants payment (HTTP 402); asking http:tiny instead" in caplog.text


def test_it_does_not_go_on_in_the_middle_of_an_answer() -> None:
    events: list[Event] = []
    with (
        chat_server(Reply(pieces=("Two",), cut=True)) as first,
        chat_server(SAY) as second,
        pytest.raises(AgentError, match="broke"),
    ):
        put(first.spec, fallback=load_chat_model(second.spec), events=events)
    assert second.requests == []
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Two"]


def test_both_down_is_one_line() -> None:
    with chat_server(DOWN) as first, chat_server(DOWN) as second, pytest.raises(AgentError) as raised:
        put(first.spec, fallback=load_chat_model(second.spec))
    assert f"127.0.0.1:{second.port}" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_bug_is_no_reason_to_ask_another() -> None:
    class Broken(ScriptedModel):
        def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
            raise ZeroDivisionError("bug")

    other = ScriptedModel(script=[AIMessage("hi")])
    with pytest.raises(ZeroDivisionError):
        ask(build_agent(Broken(script=[]), [], fallback=other), "hi")
    assert other.heard == []


async def test_awaited() -> None:
    world = one_scene()
    with chat_server(DOWN) as first, chat_server(LOOK, SAY) as second:
        models = load_chat_model(first.spec), load_chat_model(second.spec)
        agent = build_agent(models[0], world.tools(), retries=0, fallback=models[1])
        answer = await aask(agent, "How many cats?", items=world.items())
        for model in models:
            await model.root_async_client.close()  # type: ignore[attr-defined]
    assert answer.text == SAID


def test_settings_reach_the_agent_of_a_session() -> None:
    encoder = SiglipEncoder.from_pretrained("demo", device="cpu")
    with chat_server(DOWN) as first, chat_server(SAY) as second:
        settings = Settings(llm=first.spec, llm_fallback=second.spec, llm_retries=1)
        assert ChatSession(encoder, settings).ask("How many cats?").text == SAID
    assert len(first.requests) == 2


@pytest.mark.parametrize(
    ("question", "said"),
    [("How many cats?", "I stopped: this question used up its 15 tokens"), ("几只猫？", "已停止")],
)
def test_the_limit_on_tokens_ends_the_run_with_a_line(question: str, said: str) -> None:
    with chat_server(LOOK) as server:
        answer = put(server.spec, question, max_tokens=15)
    assert answer.text.startswith(said)
    assert "18" in answer.text
    assert len(server.requests) == 1
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 7)
    assert answer.usage.cost is None


def test_the_limit_on_tokens_is_per_question() -> None:
    counted = UsageMetadata(input_tokens=9, output_tokens=1, total_tokens=10)
    model = ScriptedModel(script=[AIMessage(word, usage_metadata=counted) for word in ("one", "two")])
    agent = build_agent(model, [], max_tokens=10)
    assert [ask(agent, "and?").text for _ in range(2)] == ["one", "two"]


def test_a_history_with_a_malformed_call_stays_sound() -> None:
    """What reaches the state is what every chat API takes: each call well-formed and answered."""
    call = invalid_tool_call(name="count_objects", args="{oops", id=None, error="no")
    broken = AIMessage("", invalid_tool_calls=[call])
    agent = build_agent(ScriptedModel(script=[broken, AIMessage("I cannot.")]), one_scene().tools())
    state = agent.invoke({"messages": [HumanMessage("?")]}, {"configurable": {"thread_id": "a"}})
    _, said, result, last = state["messages"]
    assert said.invalid_tool_calls == []
    assert [call["id"] for call in said.tool_calls] == [result.tool_call_id]
    assert result.status == "error"
    assert last.text == "I cannot."
