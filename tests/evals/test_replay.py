"""Traffic is recorded without keys and replayed byte for byte; nothing is sent."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from mm_agent.agent import load_chat_model
from mm_agent.errors import EvalError
from mm_agent.evals.replay import missing_record, traffic
from tests.agent.chat_server import Reply, chat_server

KEY = "sk-test-0123456789abcdef"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MM_AGENT_LLM_KEY", KEY)


def test_a_recorded_stream_is_replayed(tmp_path: Path) -> None:
    tape = tmp_path / "tape.yaml"
    with chat_server(Reply(pieces=("hel", "lo"))) as server:
        with traffic(tape, "record"):
            said = [str(chunk.content) for chunk in load_chat_model(server.spec).stream("hi")]
        with traffic(tape, "replay"):
            model = load_chat_model(server.spec)
            again = [[str(chunk.content) for chunk in model.stream("hi")] for _ in range(2)]
            with pytest.raises(Exception, match="cassette") as caught:
                model.invoke("something else")
        assert (len(server.requests), again, "".join(said)) == (1, [said, said], "hello")
    assert "holds no answer to POST" in str(missing_record(caught.value))
    assert missing_record(ValueError("x")) is None


def test_bytes_are_kept_as_they_are(tmp_path: Path) -> None:
    tape = tmp_path / "tape.yaml"
    with chat_server(Reply(pieces=("猫 🐈",))) as server:
        url, body = f"{server.root}/v1/chat/completions", {"model": "tiny", "messages": [], "stream": True}
        with traffic(tape, "record"):
            sent = httpx.post(url, json=body).content
    with traffic(tape, "replay"):
        assert httpx.post(url, json=body).content == sent
    assert sent


def test_keys_are_nowhere_in_the_file(tmp_path: Path) -> None:
    tape = tmp_path / "tape.yaml"
    with chat_server(Reply(pieces=(f"your key is {KEY}",))) as server:
        with traffic(tape, "record"):
            load_chat_model(server.spec).invoke(f"my key is {KEY}")
        assert server.keys == [f"Bearer {KEY}"]
        with traffic(tape, "replay"):
            assert load_chat_model(server.spec).invoke(f"my key is {KEY}").content == "your key is KEY"
    assert KEY not in tape.read_text()
    assert "authorization" not in tape.read_text().lower()


def test_a_missing_recording_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(EvalError, match=r"no recording .*none\.yaml to replay"),
        traffic(tmp_path / "none.yaml", "replay"),
    ):
        pass
