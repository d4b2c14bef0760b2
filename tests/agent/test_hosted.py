"""Hosted providers: their real LangChain classes and our agent against scripted servers on loopback."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mm_agent.agent import ShowPictures, aask, ask, build_agent, load_chat_model
from mm_agent.agent.answer import Event, TextDelta
from mm_agent.errors import AgentError
from mm_agent.media import MediaStore
from mm_agent.settings import ModelCan, Settings
from tests.agent.chat_server import Reply, chat_server
from tests.agent.hosted import (
    ALIKE,
    ALL,
    DEEPSEEK,
    KEY,
    OLLAMA,
    OPENAI,
    QWEN,
    SERVER,
    TONGYI,
    Hosted,
    each,
    put,
)
from tests.agent.world import one_scene

LOOK = Reply(tool_calls=(("count_objects", ('{"image": "im', 'g-1", "noun"', ': "cat"}')),))
BOTH = Reply(
    tool_calls=(
        ("count_objects", ('{"image": "img-1", ', '"noun": "cat"}')),
        ("locate", ('{"image": "img-1", ', '"query": "apple"}')),
    )
)
SAY = Reply(pieces=("Two ", "cats", " (img-1, count_objects, 0.93)."))
SAID = "Two cats (img-1, count_objects, 0.93)."
THOUGHT = ("I should ", "count first.")


def said(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@each(*ALL)
def test_tool_calls_in_pieces_and_a_streamed_answer(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Event] = []
    with chat_server(LOOK, SAY) as server:
        answer = put(hosted.point_at(server, monkeypatch), events=events)
    assert answer.text == said(events) == SAID
    assert len([event for event in events if isinstance(event, TextDelta)]) > 1
    (use,) = answer.tool_calls
    assert (use.name, use.args, use.failed) == ("count_objects", {"image": "img-1", "noun": "cat"}, False)
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.model_calls) == (22, 14, 2)


@each(*ALL)
def test_parallel_calls(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    with chat_server(BOTH, SAY) as server:
        answer = put(hosted.point_at(server, monkeypatch))
    assert sorted(use.name for use in answer.tool_calls) == ["count_objects", "locate"]
    assert not any(use.failed for use in answer.tool_calls)
    results = [message for message in _messages(server.requests[1]) if message["role"] == "tool"]
    assert len(results) == 2
    assert answer.text == SAID


def _messages(request: dict[str, Any]) -> list[dict[str, Any]]:
    return request["messages"] if "messages" in request else request["input"]["messages"]


@each(DEEPSEEK, QWEN, SERVER, OLLAMA)
def test_reasoning_stays_out_of_the_answer(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Event] = []
    thinking = Reply(reasoning=THOUGHT, pieces=SAY.pieces)
    with chat_server(Reply(reasoning=THOUGHT, tool_calls=LOOK.tool_calls), thinking) as server:
        answer = put(hosted.point_at(server, monkeypatch), events=events)
    assert answer.text == said(events) == SAID
    assert answer.usage.tool_calls == 1


def test_deepseek_gets_the_reasoning_of_tool_calls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its API refuses a history of tool calls without it; of plain answers it wants none."""
    world = one_scene()
    replies = (
        Reply(reasoning=THOUGHT, tool_calls=LOOK.tool_calls),
        Reply(reasoning=THOUGHT, pieces=("Two.",)),
    )
    with chat_server(*replies, SAY) as server:
        agent = build_agent(load_chat_model(DEEPSEEK.point_at(server, monkeypatch)), world.tools())
        config: Any = {"configurable": {"thread_id": "a"}}
        for question in ("How many cats?", "Sure?"):
            agent.invoke({"messages": [{"role": "user", "content": question}]}, config)
    turns = [message for message in server.requests[-1]["messages"] if message["role"] == "assistant"]
    assert [message.get("reasoning_content") for message in turns] == ["".join(THOUGHT), None]


@each(QWEN, SERVER, OLLAMA)
def test_others_get_no_reasoning_back(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    with chat_server(Reply(reasoning=THOUGHT, tool_calls=LOOK.tool_calls), SAY) as server:
        put(hosted.point_at(server, monkeypatch))
    assert "reasoning_content" not in json.dumps(server.requests[1])


@each(*ALL)
def test_a_refused_key_is_named(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = next((name for name, value in hosted.variables.items() if value == KEY), "the provider's key")
    with chat_server(Reply(status=401, error="no")) as server, pytest.raises(AgentError) as raised:
        put(hosted.point_at(server, monkeypatch))
    assert str(raised.value).endswith(f"refused the key (HTTP 401); check {variable}")


@each(*ALL)
@pytest.mark.parametrize(
    ("status", "words", "asked"),
    [
        (400, "refused the request (HTTP 400)", 1),
        (401, "refused the key (HTTP 401)", 1),
        (402, "wants payment (HTTP 402)", 1),
        (503, "failed (HTTP 503)", 3),
    ],
)
def test_errors_are_one_line_and_only_passing_ones_are_tried_again(
    hosted: Hosted,
    status: int,
    words: str,
    asked: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("mm_agent.agent.middleware.retry.FIRST_WAIT_S", 0.001)
    error = Reply(status=status, error=f"no: you\nsent {KEY}")
    with chat_server(error) as server, caplog.at_level(logging.DEBUG), pytest.raises(AgentError) as raised:
        put(hosted.point_at(server, monkeypatch))
    message = str(raised.value)
    assert words in message
    assert "\n" not in message
    assert len(server.requests) == asked
    assert KEY not in message + caplog.text + "".join(capfd.readouterr())


@each(*ALIKE)
def test_a_number_in_retry_after_is_waited_for(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("mm_agent.agent.middleware.retry.rest", slept.append)
    with chat_server(Reply(status=429, error="slow down", retry_after="7"), SAY) as server:
        assert put(hosted.point_at(server, monkeypatch)).text == SAID
    assert slept == [7.0]


def test_a_date_in_retry_after_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("mm_agent.agent.middleware.retry.rest", slept.append)
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    with chat_server(Reply(status=429, error="slow down", retry_after=at), SAY) as server:
        assert put(OPENAI.point_at(server, monkeypatch)).text == SAID
    assert 15 < slept[0] <= 20


def test_waits_grow_when_the_server_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("mm_agent.agent.middleware.retry.rest", slept.append)
    with (
        chat_server(Reply(status=503, error="busy", retry_after="soon")) as server,
        pytest.raises(AgentError),
    ):
        put(OPENAI.point_at(server, monkeypatch), retries=4)
    assert len(slept) == 4
    assert all(1.1 < later / sooner < 3.4 for sooner, later in pairwise(slept))


def test_a_long_wait_is_said_instead_of_sat_through(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        chat_server(Reply(status=429, error="come back tomorrow", retry_after="3600")) as server,
        pytest.raises(AgentError, match=r"too many requests \(HTTP 429\); wait 3600 s and ask again"),
    ):
        put(OPENAI.point_at(server, monkeypatch))
    assert len(server.requests) == 1


def test_an_empty_account_is_no_rush_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI says 429 for both."""
    with (
        chat_server(Reply(status=429, error="quota", code="insufficient_quota")) as server,
        pytest.raises(AgentError, match="wants payment"),
    ):
        put(OPENAI.point_at(server, monkeypatch))
    assert len(server.requests) == 1


@each(*ALIKE, TONGYI)
def test_arguments_that_are_no_json_are_mended_by_the_model(
    hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Reply(tool_calls=(("count_objects", ('{"image": "img-1", ', '"noun": cat')),))
    with chat_server(wrong, LOOK, SAY) as server:
        answer = put(hosted.point_at(server, monkeypatch))
    assert answer.text == SAID
    assert [use.failed for use in answer.tool_calls] == [True, False]
    assert "not valid JSON" in answer.tool_calls[0].result_text
    assert '"noun": cat' in answer.tool_calls[0].result_text
    sent = [call for message in _messages(server.requests[1]) for call in message.get("tool_calls") or []]
    assert [json.loads(call["function"]["arguments"]) for call in sent] == [{}]


def test_one_malformed_call_of_two_does_not_stop_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = LOOK.tool_calls[0], ("locate", ("{oops",))
    with chat_server(Reply(tool_calls=(good, bad)), SAY) as server:
        answer = put(QWEN.point_at(server, monkeypatch), "图里有几只猫？")
    assert answer.text == SAID
    assert {use.name: use.failed for use in answer.tool_calls} == {"count_objects": False, "locate": True}
    assert "不是有效的 JSON" in next(use.result_text for use in answer.tool_calls if use.failed)
    asked = [call["id"] for m in server.requests[1]["messages"] for call in m.get("tool_calls") or []]
    answered = [m["tool_call_id"] for m in server.requests[1]["messages"] if m["role"] == "tool"]
    assert sorted(asked) == sorted(answered) == ["c0", "c1"]


@each(*ALL)
def test_an_unknown_tool_is_mended_by_the_model(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    with chat_server(Reply(tool_calls=(("look_harder", ("{}",)),)), LOOK, SAY) as server:
        answer = put(hosted.point_at(server, monkeypatch))
    assert answer.text == SAID
    assert [use.failed for use in answer.tool_calls] == [True, False]


@each(*ALIKE)
def test_a_connection_cut_inside_a_tool_call_is_made_again(
    hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mm_agent.agent.middleware.retry.FIRST_WAIT_S", 0.001)
    with chat_server(Reply(tool_calls=LOOK.tool_calls, cut=True), LOOK, SAY) as server:
        answer = put(hosted.point_at(server, monkeypatch))
    assert answer.text == SAID
    assert len(answer.tool_calls) == 1
    assert len(server.requests) == 3


@each(*ALIKE, OLLAMA)
def test_a_connection_cut_inside_the_answer_is_one_line(
    hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        chat_server(Reply(pieces=("Two",), cut=True)) as server,
        pytest.raises(AgentError, match=r"the connection to the language model at .* broke"),
    ):
        put(hosted.point_at(server, monkeypatch))
    assert len(server.requests) == 1  # its reader has seen half an answer


@each(*ALIKE, OLLAMA)
def test_a_server_that_gives_up_in_the_stream(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mm_agent.agent.middleware.retry.FIRST_WAIT_S", 0.001)
    with (
        chat_server(Reply(gives_up="out of memory")) as server,
        pytest.raises(AgentError, match="broke off: out of memory"),
    ):
        put(hosted.point_at(server, monkeypatch))
    assert len(server.requests) == 3


@each(*ALIKE, OLLAMA)
def test_no_choice_at_all_is_one_line(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mm_agent.agent.middleware.retry.FIRST_WAIT_S", 0.001)
    with (
        chat_server(Reply(empty=True)) as server,
        pytest.raises(AgentError, match=r"ended without an answer|cannot be read"),
    ):
        put(hosted.point_at(server, monkeypatch))


@pytest.mark.parametrize(
    ("hosted", "model"),
    [
        (OPENAI, "openai:gpt-5-mini"),
        (QWEN, "qwen:qwen3.7-plus"),
        (DEEPSEEK, "deepseek:deepseek-flash"),
        (SERVER, "{root}/v1#Qwen3-VL-8B"),
        (OLLAMA, "ollama:gemma3"),
    ],
    ids=lambda value: value.name if isinstance(value, Hosted) else "",
)
def test_pictures_reach_models_that_see(
    hosted: Hosted, model: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As pictures and not as prompt text; DeepSeek's once a person says that it sees."""
    store = MediaStore(artifact_dir=tmp_path)
    item = store.add(Image.new("RGB", (8, 8), "red"), name="red.png")
    settings = Settings(llm_capabilities={"deepseek:*": ModelCan(images=True)})
    with chat_server(LOOK, SAY) as server:
        hosted.point_at(server, monkeypatch)
        loaded = load_chat_model(model.format(root=server.root), settings=settings)
        agent = build_agent(loaded, one_scene().tools(), pictures=ShowPictures(store))
        ask(agent, "How many cats?", items=[item])
    for request in server.requests:
        last = request["messages"][-1]
        assert last["role"] == "user"
        if hosted is OLLAMA:
            assert len(last["images"]) == 1
            assert "base64" not in last["content"]
        else:
            (part,) = [part for part in last["content"] if part["type"] != "text"]
            assert part["image_url"]["url"].startswith("data:image/")
        rest = json.dumps(request["messages"][:-1])
        assert "base64" not in rest


@each(*ALIKE, OLLAMA)
def test_a_silent_server_is_given_up(
    hosted: Hosted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mm_agent.agent.middleware.retry.FIRST_WAIT_S", 0.001)
    with (
        chat_server(Reply(stalls=True)) as server,
        pytest.raises(AgentError, match="did not answer in time"),
    ):
        put(hosted.point_at(server, monkeypatch), settings=Settings(llm_timeout_s=0.2), retries=1)
    assert caplog.text.count("did not answer in time; asking again") == 1


async def test_awaited_calls_are_tried_again_and_mended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Reply(tool_calls=(("count_objects", ('{"image": "img-1", ', '"noun": "ca')),))
    world = one_scene()
    with chat_server(Reply(status=503, error="busy"), wrong, LOOK, SAY) as server:
        model: Any = load_chat_model(server.spec)
        answer = await aask(build_agent(model, world.tools()), "How many cats?", items=world.items())
        await model.root_async_client.close()
    assert answer.text == SAID
    assert [use.failed for use in answer.tool_calls] == [True, False]
    assert answer.tool_calls[0].args == {}  # "ca" is what was left of a longer word


@each(*ALL)
def test_nobody_listens(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mm_agent.agent.middleware.retry.FIRST_WAIT_S", 0.001)
    with chat_server(SAY) as server:
        spec = hosted.point_at(server, monkeypatch)
    with pytest.raises(AgentError, match="cannot be reached"):
        put(spec)
