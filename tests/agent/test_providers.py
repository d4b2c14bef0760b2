"""Real clients against a real server on loopback: tools, streaming, errors, keys."""

from __future__ import annotations

import logging

import pytest

from mm_agent.agent import ask, build_agent, load_chat_model
from mm_agent.agent.answer import Event, TextDelta, ToolFinished, ToolStarted
from mm_agent.errors import AgentError
from tests.agent.chat_server import Reply, chat_server
from tests.agent.world import one_scene

KEY = "sk-test-0123456789abcdef"
LOOK = Reply(tool_calls=(("count_objects", ('{"image": "im', 'g-1", "noun"', ': "cat"}')),))
SAY = Reply(pieces=("Two ", "cats", " (img-1, count_objects, 0.93)."))


def ask_server(spec: str, question: str = "How many cats?", events: list[Event] | None = None):
    world = one_scene()
    agent = build_agent(load_chat_model(spec), world.tools())
    return ask(agent, question, items=world.items(), on_event=None if events is None else events.append)


def test_tools_and_streaming() -> None:
    events: list[Event] = []
    with chat_server(LOOK, SAY) as server:
        answer = ask_server(server.spec, events=events)
    assert answer.text == "Two cats (img-1, count_objects, 0.93)."
    assert [event.text for event in events if isinstance(event, TextDelta)] == list(SAY.pieces)
    kinds = [type(event) for event in events]
    assert kinds.index(ToolStarted) < kinds.index(ToolFinished) < kinds.index(TextDelta)
    (use,) = answer.tool_calls
    assert (use.name, use.args) == ("count_objects", {"image": "img-1", "noun": "cat"})
    assert use.artifact is not None
    assert use.artifact["about"] == 2
    assert 0 < use.seconds < 30
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.model_calls) == (22, 14, 2)


def test_the_model_hears_prompt_media_tools_and_evidence_as_text() -> None:
    with chat_server(LOOK, SAY) as server:
        ask_server(server.spec)
    first, second = server.requests
    system, human = first["messages"]
    assert system["role"] == "system"
    assert "count_objects" in system["content"]
    assert 'img-1: picture, 96x96 pixels, file name "img-1-scene.png"' in human["content"]
    assert human["content"].endswith("How many cats?")
    assert {tool["function"]["name"] for tool in first["tools"]} >= {"count_objects", "locate"}
    assert second["messages"][-1]["role"] == "tool"
    assert "2 cats" in second["messages"][-1]["content"]


def test_chinese_questions_get_the_chinese_prompt() -> None:
    with chat_server(SAY) as server:
        ask_server(server.spec, "图里有几只猫？")
    system, human = server.requests[0]["messages"]
    assert system["content"].startswith("你回答关于图片和视频的问题")
    assert human["content"].startswith("本次对话中的媒体")


def test_a_server_without_a_key_never_sees_the_openai_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with chat_server(SAY) as server:
        ask_server(server.spec)
    assert all(KEY not in (header or "") for header in server.keys)


@pytest.mark.parametrize(
    ("spec", "key", "address"),
    [
        ("openai:tiny", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ("deepseek:tiny", "DEEPSEEK_API_KEY", "DEEPSEEK_API_BASE"),
        ("qwen:tiny", "DASHSCOPE_API_KEY", "DASHSCOPE_API_BASE"),
    ],
)
def test_named_providers_send_their_key(
    spec: str, key: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(LOOK, SAY) as server:
        monkeypatch.setenv(key, KEY)
        monkeypatch.setenv(address, f"http://127.0.0.1:{server.port}/v1")
        assert ask_server(spec).text.startswith("Two cats")
    assert server.keys == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "refused the key (HTTP 401); check MM_AGENT_LLM_KEY"),
        (402, "wants payment (HTTP 402)"),
        (404, "does not know the model or path (HTTP 404)"),
        (429, "too many requests (HTTP 429); wait"),
        (500, "failed (HTTP 500)"),
        (400, "refused the request (HTTP 400): maximum context length"),
    ],
)
def test_http_errors_become_one_line_without_the_key(
    status: int, said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MM_AGENT_LLM_KEY", KEY)
    error = f"maximum context length; you sent\n {KEY}"
    with (
        caplog.at_level(logging.INFO),
        chat_server(Reply(status=status, error=error)) as server,
        pytest.raises(AgentError) as raised,
    ):
        ask_server(server.spec)
    message = str(raised.value)
    assert said in message
    assert f"127.0.0.1:{server.port}" in message
    assert "\n" not in message
    assert KEY not in message + caplog.text
    assert raised.value.__suppress_context__


def test_a_passing_error_is_tried_again() -> None:
    with chat_server(Reply(status=503, error="busy"), SAY) as server:
        assert ask_server(server.spec).text.startswith("Two cats")
    assert len(server.requests) == 2


def test_nobody_listens() -> None:
    with chat_server(SAY) as server:
        spec = server.spec
    with pytest.raises(AgentError, match=r"at 127\.0\.0\.1:\d+ cannot be reached"):
        ask_server(spec)


def test_a_cut_connection() -> None:
    with (
        chat_server(Reply(pieces=("Two",), cut=True)) as server,
        pytest.raises(AgentError, match=r"the connection to the language model at .* broke"),
    ):
        ask_server(server.spec)


def test_an_empty_answer() -> None:
    with chat_server(Reply()) as server, pytest.raises(AgentError, match="ended without an answer"):
        ask_server(server.spec)


def test_an_unknown_tool_and_wrong_arguments_are_mended_by_the_model() -> None:
    unknown = Reply(tool_calls=(("look_harder", ("{}",)),))
    wrong = Reply(tool_calls=(("count_objects", ('{"image": "img-1"}',)),))
    with chat_server(unknown, wrong, LOOK, SAY) as server:
        answer = ask_server(server.spec)
    assert [use.failed for use in answer.tool_calls] == [True, True, False]
    assert "look_harder is not a valid tool" in answer.tool_calls[0].result_text
    assert "noun" in answer.tool_calls[1].result_text
    assert answer.text.startswith("Two cats")
