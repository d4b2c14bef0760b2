"""Specs of chat models: read once, with errors that say how to fix them; keys never shown."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from mm_agent.agent import OfflinePlanner
from mm_agent.agent.capabilities import capabilities_of_spec, takes_images
from mm_agent.agent.llm import LLMSpec, load_chat_model, parse_llm_spec
from mm_agent.errors import LLMSpecError, MissingDependency
from mm_agent.settings import Settings

KEY = "sk-test-0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("offline", LLMSpec("offline")),
        ("openai:gpt-5", LLMSpec("openai", "gpt-5")),
        ("deepseek:deepseek-chat", LLMSpec("deepseek", "deepseek-chat")),
        ("Qwen:qwen-plus", LLMSpec("qwen", "qwen-plus")),
        ("qwen@cn:qwen-plus", LLMSpec("qwen", "qwen-plus", place="cn")),
        ("Qwen@WS-1.eu-central-1:qwen-plus", LLMSpec("qwen", "qwen-plus", place="ws-1.eu-central-1")),
        ("tongyi:qwen-max", LLMSpec("tongyi", "qwen-max")),
        ("local:demo", LLMSpec("local", "demo")),
        ("local:~/models/Qwen3-4B", LLMSpec("local", "~/models/Qwen3-4B")),
        ("local:C:\\models\\qwen", LLMSpec("local", "C:\\models\\qwen")),
        ("ollama:qwen3:8b", LLMSpec("ollama", "qwen3:8b")),
        ("http://127.0.0.1:8000/v1#Qwen/Qwen3-8B", LLMSpec("http", "Qwen/Qwen3-8B", "http://127.0.0.1:8000/v1")),
        ("https://[::1]:8000/v1/#m", LLMSpec("http", "m", "https://[::1]:8000/v1")),
    ],
)  # fmt: skip
def test_parse(text: str, spec: LLMSpec) -> None:
    assert parse_llm_spec(f" {text} ") == spec
    assert parse_llm_spec(str(spec)) == spec


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gpt-5", "unknown language model 'gpt-5'; use offline, deepseek:MODEL"),
        ("", "unknown language model"),
        ("anthropic:x", "unknown language model 'anthropic:x'"),
        ("openai:", "names no model; write openai:MODEL"),
        ("qwen", "names no model; write qwen:MODEL"),
        ("qwen@mars:qwen-plus", "unknown DashScope place 'mars'; use cn, intl, us, hk or WORKSPACE.REGION"),
        ("qwen@evil.com/x.:qwen-plus", "unknown DashScope place"),
        ("qwen@:qwen-plus", "unknown DashScope place ''"),
        ("openai@us:gpt-5", "names a place, which only qwen and tongyi have; write openai:MODEL"),
        ("local:", "names no model; write local:MODEL"),
        ("http://localhost:8000/v1", "add it after '#': http://localhost:8000/v1#MODEL"),
        ("http:///v1#m", "names no host"),
        ("http://localhost:80x/v1#m", "cannot be read"),
        ("http://user:hunter2@host/v1#m", "MM_AGENT_LLM_KEY"),
        ("http://host/v1?api_key=hunter2#m", "MM_AGENT_LLM_KEY"),
    ],
)
def test_refused(text: str, said: str) -> None:
    with pytest.raises(LLMSpecError) as error:
        parse_llm_spec(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("spec", "variable"),
    [("openai:m", "OPENAI_API_KEY"), ("deepseek:m", "DEEPSEEK_API_KEY"), ("qwen:m", "DASHSCOPE_API_KEY")],
)
def test_a_missing_key_names_its_variable(spec: str, variable: str) -> None:
    with pytest.raises(LLMSpecError, match=f"{spec} needs a key: set {variable}"):
        load_chat_model(spec)


@pytest.mark.parametrize(
    ("spec", "variable", "kind"),
    [
        ("openai:m", "OPENAI_API_KEY", "ChatOpenAI"),
        ("deepseek:m", "DEEPSEEK_API_KEY", "ChatDeepSeek"),
        ("qwen:m", "DASHSCOPE_API_KEY", "ChatQwen"),
        ("http://127.0.0.1:9/v1#m", "MM_AGENT_LLM_KEY", "ChatOpenAI"),
        ("ollama:m", None, "ChatOllama"),
        ("tongyi:m", "DASHSCOPE_API_KEY", "ChatTongyi"),
    ],
)
def test_models_are_made_without_showing_their_key(
    spec: str, variable: str | None, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, KEY)
    model = load_chat_model(spec)
    assert type(model).__name__ == kind
    assert KEY not in repr(model) + str(model) + str(model.model_dump())


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", KEY)
    monkeypatch.setitem(sys.modules, "langchain_deepseek", None)
    with pytest.raises(
        MissingDependency, match="deepseek:m needs langchain-deepseek: pip install langchain-deepseek"
    ):
        load_chat_model("deepseek:m")


@pytest.mark.parametrize(
    ("spec", "address"),
    [
        ("qwen:m", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        ("qwen@intl:m", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        ("qwen@cn:m", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
        ("qwen@us:m", "https://dashscope-us.aliyuncs.com/compatible-mode/v1"),
        ("qwen@hk:m", "https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1"),
        ("qwen@ws-1.cn-beijing:m", "https://ws-1.cn-beijing.maas.aliyuncs.com/compatible-mode/v1"),
        ("qwen@trial.ap-southeast-1:m", "https://trial.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1"),
    ],
)
def test_places_of_dashscope(spec: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    if "@" in spec:  # a place in the spec wins over the variable
        monkeypatch.setenv("DASHSCOPE_API_BASE", "http://127.0.0.1:9/v1")
    model: Any = load_chat_model(spec)
    assert str(model.root_client.base_url).rstrip("/") == address


def test_tongyi_takes_a_place_and_its_package_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    model: Any = load_chat_model("tongyi@intl:qwen-plus")
    assert model.model_kwargs["base_address"] == "https://dashscope-intl.aliyuncs.com/api/v1"
    monkeypatch.setitem(sys.modules, "langchain_community.chat_models.tongyi", None)
    with pytest.raises(MissingDependency, match=r"pip install 'mm-agent\[community\]'"):
        load_chat_model("tongyi:qwen-plus")


def test_the_timeout_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = load_chat_model("http://127.0.0.1:9/v1#m", settings=Settings(llm_timeout_s=7))
    assert (model.request_timeout, model.max_retries) == (7, 0)


def test_offline() -> None:
    model = load_chat_model("offline", language="zh")
    assert isinstance(model, OfflinePlanner)
    assert model.language == "zh"


@pytest.mark.parametrize(
    ("spec", "tools"),
    [
        ("offline", True),
        ("openai:gpt-4o-mini", True),
        ("openai:o1-mini", False),
        ("deepseek:deepseek-chat", True),
        ("deepseek:deepseek-reasoner", False),
        ("qwen:qwen3-vl-plus", True),
        ("http://h/v1#my-model", True),
    ],
)
def test_models_that_call_tools(spec: str, tools: bool) -> None:
    assert capabilities_of_spec(parse_llm_spec(spec), {}).tools is tools


def test_a_model_without_tools_is_refused() -> None:
    with pytest.raises(LLMSpecError, match="calls no tools"):
        load_chat_model("deepseek:deepseek-reasoner")


@pytest.mark.parametrize(
    ("spec", "sees"),
    [
        ("openai:gpt-4o", True),
        ("openai:o3-mini", False),
        ("qwen:qwen-vl-max", True),
        ("qwen:qwen-plus", False),
        ("ollama:qwen2.5vl:7b", True),
        ("ollama:llama3.2-vision", True),
        ("ollama:qwen3", False),
        ("http://127.0.0.1:8000/v1#OpenGVLab/InternVL3-8B", True),
        ("http://127.0.0.1:8000/v1#vllm-model", False),
        ("deepseek:deepseek-chat", False),
        ("deepseek:deepseek-flash", False),
    ],
)
def test_which_models_take_images(spec: str, sees: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "DASHSCOPE_API_KEY", "DEEPSEEK_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    assert takes_images(load_chat_model(spec)) is sees


def test_the_planner_takes_no_images() -> None:
    assert not takes_images(OfflinePlanner())
