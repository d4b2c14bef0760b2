"""From a parsed spec to a LangChain chat model; a provider's package is imported only when asked for."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from mm_agent.agent.capabilities import capabilities_of_spec, describe_model
from mm_agent.agent.dashscope import host_of
from mm_agent.agent.keys import read_key
from mm_agent.agent.llm import LLMSpec
from mm_agent.agent.prices import trace_facts
from mm_agent.agent.sight import Sight, connect_seeing
from mm_agent.errors import LLMSpecError, MissingDependency
from mm_agent.settings import Settings

# Sent to servers that ask for no key, so that OPENAI_API_KEY never reaches an address a person typed.
NO_KEY = SecretStr("no-key")


def connect(spec: LLMSpec, settings: Settings, sight: Sight | None = None) -> BaseChatModel:
    """Make the chat model of a spec other than ``offline``.

    Its ``profile`` holds what it can do; its ``metadata``, which traces carry, its name and price.

    Raises:
        LLMSpecError: The key is missing (the message names its environment variable), or the model calls
            no tools, so that it could never look.
        SettingsError: It is to see by soft prompts, which its provider does not take.
        MissingDependency: The provider's package is not installed.
    """
    said = settings.said_about_models()
    if sight is None and not capabilities_of_spec(spec, said).tools:
        raise LLMSpecError(f"{spec} calls no tools, so it cannot look at pictures; use another of its models")
    if sight:
        model = connect_seeing(spec, sight, _server(spec, settings) if spec.provider == "http" else {})
    else:
        model = _CONNECT[spec.provider](spec, settings)
    describe_model(model, spec, said)
    model.metadata = {**(model.metadata or {}), **trace_facts(spec, own_table=settings.llm_prices)}
    return model


def _class(package: str, name: str, spec: LLMSpec, install: str = "") -> Callable[..., BaseChatModel]:
    """Import a provider's chat model class."""
    try:
        return getattr(import_module(package), name)
    except ImportError as error:
        install = install or package.replace("_", "-")
        raise MissingDependency(f"{spec} needs {install}: pip install {install}") from error


def _openai(spec: LLMSpec, settings: Settings) -> BaseChatModel:
    make = _class("langchain_openai", "ChatOpenAI", spec)
    return make(model=spec.model, api_key=_key(spec, settings), stream_usage=True, **_client(settings))


def _deepseek(spec: LLMSpec, settings: Settings) -> BaseChatModel:
    _class("langchain_deepseek", "ChatDeepSeek", spec)
    make = _class("mm_agent.agent.deepseek", "ChatDeepSeek", spec)
    return make(model=spec.model, api_key=_key(spec, settings), stream_usage=True, **_client(settings))


def _qwen(spec: LLMSpec, settings: Settings) -> BaseChatModel:
    """The spec's place, else the address ``DASHSCOPE_API_BASE`` names, else the international one.

    Its thinking models answer streams alone; LangChain's class knows that of the shared hosts only.
    """
    where = {"base_url": f"https://{host_of(spec.place)}/compatible-mode/v1"} if spec.place else {}
    make = _class("langchain_qwq", "ChatQwen", spec)
    key = _key(spec, settings)
    return make(model=spec.model, api_key=key, streaming=True, **where, **_client(settings))


def _tongyi(spec: LLMSpec, settings: Settings) -> BaseChatModel:
    """DashScope's own protocol: the spec's place, else ``DASHSCOPE_HTTP_BASE_URL``, else Beijing."""
    more: dict[str, Any] = {"request_timeout": settings.llm_timeout_s}
    where = (
        f"https://{host_of(spec.place)}/api/v1" if spec.place else os.environ.get("DASHSCOPE_HTTP_BASE_URL")
    )
    if where:
        more["base_address"] = where
    _class("dashscope", "Generation", spec, "'mm-agent[community]'")
    with warnings.catch_warnings():  # the package says on import that it is sunset
        warnings.filterwarnings("ignore", "`langchain-community` is being sunset", DeprecationWarning)
        make = _class("langchain_community.chat_models.tongyi", "ChatTongyi", spec, "'mm-agent[community]'")
    key = _key(spec, settings).get_secret_value()  # it would send a SecretStr's stars
    return make(model=spec.model, api_key=key, max_retries=1, streaming=True, model_kwargs=more)


def _ollama(spec: LLMSpec, settings: Settings) -> BaseChatModel:
    """The server ``OLLAMA_HOST`` names, else this machine's; reasoning comes apart from the answer."""
    thinks = capabilities_of_spec(spec, settings.said_about_models()).reasoning
    return _class("langchain_ollama", "ChatOllama", spec)(
        model=spec.model,
        reasoning=True if thinks else None,
        client_kwargs={"timeout": settings.llm_timeout_s},
    )


def _local(spec: LLMSpec, settings: Settings) -> BaseChatModel:
    """In this process; imported late, because it brings torch."""
    return import_module("mm_agent.local").connect_local(spec.model)


def _http(spec: LLMSpec, settings: Settings) -> BaseChatModel:
    return _class("langchain_openai", "ChatOpenAI", spec)(model=spec.model, **_server(spec, settings))


def _server(spec: LLMSpec, settings: Settings) -> dict[str, Any]:
    """How a server given by address is reached."""
    return {
        "base_url": spec.base_url,
        "api_key": _key(spec, settings),
        "use_responses_api": False,
        "stream_usage": True,
        **_client(settings),
    }


def _key(spec: LLMSpec, settings: Settings) -> SecretStr:
    return read_key(spec, keys_file=settings.llm_keys_file) or NO_KEY


def _client(settings: Settings) -> dict[str, Any]:
    """The agent asks again itself, and knows when not to: the client library does not."""
    return {"timeout": settings.llm_timeout_s, "max_retries": 0}


_CONNECT: dict[str, Callable[[LLMSpec, Settings], BaseChatModel]] = {
    "deepseek": _deepseek,
    "qwen": _qwen,
    "openai": _openai,
    "tongyi": _tongyi,
    "ollama": _ollama,
    "local": _local,
    "http": _http,
}
