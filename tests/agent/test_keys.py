"""Keys come from the environment or one private file, and are seen nowhere but in the request."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumps

from mm_agent.agent import ask, build_agent, load_chat_model
from mm_agent.agent.keys import default_keys_file, find_key
from mm_agent.errors import AgentError, LLMSpecError
from mm_agent.settings import Settings
from tests.agent.chat_server import Reply, chat_server
from tests.agent.hosted import ALIKE, DEEPSEEK, KEY, TONGYI, Hosted, each, put
from tests.agent.test_hosted import LOOK, SAY
from tests.agent.world import one_scene


def keys_file(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


@each(*ALIKE, TONGYI)
def test_a_private_file_serves_every_provider(
    hosted: Hosted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (variable,) = [name for name, value in hosted.variables.items() if value == KEY]
    path = keys_file(tmp_path / "my-keys.toml", f'{variable} = "{KEY}"\nOTHER_KEY = "x"\n')
    with chat_server(SAY) as server:
        spec = hosted.point_at(server, monkeypatch)
        monkeypatch.delenv(variable)
        put(spec, settings=Settings(llm_keys_file=path))
    assert server.keys == [f"Bearer {KEY}"]


def test_the_users_folder_is_looked_in_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_key("DEEPSEEK_API_KEY") == (None, "")
    path = keys_file(default_keys_file(), 'DEEPSEEK_API_KEY = "from-file"')
    found, where = find_key("DEEPSEEK_API_KEY")
    assert found is not None
    assert (found.get_secret_value(), where) == ("from-file", str(path))
    monkeypatch.setenv("DEEPSEEK_API_KEY", "from-variable")
    found, where = find_key("DEEPSEEK_API_KEY")
    assert found is not None
    assert (found.get_secret_value(), where) == ("from-variable", "environment")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_others_can_read_is_refused_with_the_remedy(mode: int, tmp_path: Path) -> None:
    path = keys_file(tmp_path / "keys.toml", f'DEEPSEEK_API_KEY = "{KEY}"', mode)
    with pytest.raises(LLMSpecError) as raised:
        load_chat_model("deepseek:m", settings=Settings(llm_keys_file=path))
    assert str(raised.value) == f"others can read the keys in {path}; run: chmod 600 {path}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"DEEPSEEK_API_KEY = {KEY}", "is not valid TOML; write lines such as"),
        (None, "cannot read the keys file"),
    ],
)
def test_a_bad_file_is_one_line_without_its_content(text: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    if text is not None:
        keys_file(path, text)
    with pytest.raises(LLMSpecError) as raised:
        load_chat_model("deepseek:m", settings=Settings(llm_keys_file=path))
    assert said in str(raised.value)
    assert KEY not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_key_names_both_ways(tmp_path: Path) -> None:
    with pytest.raises(LLMSpecError) as raised:
        load_chat_model("qwen@cn:qwen-plus")
    assert "set DASHSCOPE_API_KEY, or write it into" in str(raised.value)
    assert "keys.toml" in str(raised.value)


class Tracer(BaseCallbackHandler):
    """Writes down everything a tracer such as LangSmith's gets to see."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("on_"):
            return lambda *args, **kwargs: self.seen.append((name, args, kwargs))
        return super().__getattribute__(name)


@each(*ALIKE, TONGYI)
def test_a_key_is_in_no_trace_repr_dump_or_log(
    hosted: Hosted,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    tracer = Tracer()
    world = one_scene()
    with chat_server(LOOK, SAY) as server, caplog.at_level(logging.DEBUG):
        model = load_chat_model(hosted.point_at(server, monkeypatch))
        agent = build_agent(model, world.tools())
        state = agent.invoke(
            {"messages": [{"role": "user", "content": "How many cats?"}]},
            {"configurable": {"thread_id": "a"}, "callbacks": [tracer]},
        )
    assert server.keys == [f"Bearer {KEY}"] * 2
    names = {name for name, _, _ in tracer.seen}
    assert {"on_chat_model_start", "on_llm_end", "on_tool_start"} <= names
    everything = [tracer.seen, state, model, model.model_dump(), model.metadata, model.profile, dumps(model)]
    assert KEY not in repr(everything) + json.dumps(everything, default=str) + str(model)
    assert KEY not in caplog.text + "".join(capfd.readouterr())


def test_an_error_that_quotes_the_key_is_blanked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = one_scene()
    refused = Reply(status=400, error=f"bad header Bearer {KEY}, key {KEY}")
    with chat_server(refused) as server, pytest.raises(AgentError) as raised:
        ask(build_agent(load_chat_model(DEEPSEEK.point_at(server, monkeypatch)), world.tools()), "hi")
    assert KEY not in str(raised.value)
    assert "[key]" in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
