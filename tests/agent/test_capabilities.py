"""What models can do: by name, by their profile, and by what a person says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mm_agent.agent import load_chat_model, parse_llm_spec
from mm_agent.agent.capabilities import Capabilities, capabilities_of_spec, takes_images
from mm_agent.errors import LLMSpecError, SettingsError
from mm_agent.settings import ModelCan, Settings, load_settings
from tests.agent.hosted import KEY


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("OPENAI_API_KEY", "DASHSCOPE_API_KEY", "DEEPSEEK_API_KEY"):
        monkeypatch.setenv(variable, KEY)


@pytest.mark.parametrize(
    ("spec", "able"),
    [
        ("qwen:qwen3.7-plus", Capabilities(images=True, reasoning=True)),
        ("qwen:qwen-plus", Capabilities()),
        ("ollama:qwen3:8b", Capabilities(reasoning=True)),
        ("ollama:qwen3-coder:30b", Capabilities()),
        ("ollama:qwen3:4b-instruct", Capabilities()),
        ("ollama:gpt-oss:20b", Capabilities(reasoning=True)),
        ("deepseek:deepseek-v4-pro", Capabilities(reasoning=True)),
        ("http://127.0.0.1:8000/v1#whatever", Capabilities()),
    ],
)
def test_by_name(spec: str, able: Capabilities) -> None:
    assert capabilities_of_spec(parse_llm_spec(spec), {}) == able


def test_a_loaded_models_profile_holds_the_record() -> None:
    profile: Any = load_chat_model("deepseek:deepseek-flash").profile
    assert profile["tool_calling"] is True
    assert profile["reasoning_output"] is True
    assert profile["max_input_tokens"] == 1_000_000
    assert profile["image_inputs"] is False


def test_a_person_knows_better(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"deepseek:deepseek-flash": ModelCan(images=True), "http://*#qwen*": ModelCan(context=32768)}
    settings = Settings(llm_capabilities=said)
    assert takes_images(load_chat_model("deepseek:deepseek-flash", settings=settings))
    assert not takes_images(load_chat_model("deepseek:deepseek-v4-pro", settings=settings))
    profile: Any = load_chat_model("http://127.0.0.1:9/v1#qwen3", settings=settings).profile
    assert profile["max_input_tokens"] == 32768
    assert profile["image_inputs"] is False


def test_from_the_file_and_from_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mm-agent.toml").write_text('[llm_capabilities."openai:*"]\nimages = false\ntools = true\n')
    assert not takes_images(load_chat_model("openai:gpt-4o"))
    monkeypatch.setenv("MM_AGENT_LLM_CAPABILITIES", '{"openai:gpt-4o": {"images": true}}')
    assert load_settings().llm_capabilities["openai:gpt-4o"].images is True
    assert takes_images(load_chat_model("openai:gpt-4o"))


def test_a_model_said_to_call_no_tools_is_refused() -> None:
    settings = Settings(llm_capabilities={"qwen:*": ModelCan(tools=False)})
    with pytest.raises(LLMSpecError, match="qwen:qwen-plus calls no tools"):
        load_chat_model("qwen:qwen-plus", settings=settings)
    assert load_chat_model("openai:o1-mini", settings=Settings(llm_capabilities={"*": ModelCan(tools=True)}))


def test_an_unknown_capability_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MM_AGENT_LLM_CAPABILITIES", '{"openai:gpt-4o": {"imagse": true}}')
    with pytest.raises(SettingsError, match="llm_capabilities") as raised:
        load_settings()
    assert "\n" not in str(raised.value)


def test_ollama_keeps_reasoning_apart_where_there_is_some() -> None:
    thinks, does_not = load_chat_model("ollama:qwen3"), load_chat_model("ollama:llama3.2")
    assert getattr(thinks, "reasoning", None) is True
    assert getattr(does_not, "reasoning", True) is None
