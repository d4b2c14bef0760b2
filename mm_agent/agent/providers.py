"""From a parsed spec to a LangChain chat model; a provider's package is imported only when asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from mm_agent.agent.capabilities import calls_tools
from mm_agent.agent.llm import LLMSpec
from mm_agent.errors import LLMSpecError, MissingDependency

TIMEOUT_S = 120.0
MAX_RETRIES = 2
# Sent to servers that ask for no key, so that OPENAI_API_KEY never reaches an address a person typed.
NO_KEY = SecretStr("no-key")


def connect(spec: LLMSpec) -> BaseChatModel:
    """Make the chat model of a spec other than ``offline``.

    Raises:
        LLMSpecError: The key is missing (the message names its environment variable), or the model calls
            no tools, so that it could never look.
        MissingDependency: The provider's package is not installed.
    """
    if not calls_tools(spec):
        raise LLMSpecError(f"{spec} calls no tools, so it cannot look at pictures; use another of its models")
    return _CONNECT[spec.provider](spec)


def read_key(spec: LLMSpec) -> SecretStr:
    """Read a spec's key from the environment.

    Raises:
        LLMSpecError: It is needed and not there.
    """
    value = os.environ.get(spec.key_variable or "", "").strip()
    if value:
        return SecretStr(value)
    if spec.needs_key:
        raise LLMSpecError(f"{spec} needs a key: set {spec.key_variable}, or use --llm offline")
    return NO_KEY


def _class(package: str, name: str, spec: LLMSpec) -> Callable[..., BaseChatModel]:
    """Import a provider's chat model class."""
    try:
        return getattr(import_module(package), name)
    except ImportError as error:
        distribution = package.replace("_", "-")
        raise MissingDependency(f"{spec} needs {distribution}: pip install {distribution}") from error


def _openai(spec: LLMSpec) -> BaseChatModel:
    key = read_key(spec)
    return _class("langchain_openai", "ChatOpenAI", spec)(model=spec.model, api_key=key, **_client())


def _deepseek(spec: LLMSpec) -> BaseChatModel:
    key = read_key(spec)
    return _class("langchain_deepseek", "ChatDeepSeek", spec)(model=spec.model, api_key=key, **_client())


def _qwen(spec: LLMSpec) -> BaseChatModel:
    """DashScope's international address unless ``DASHSCOPE_API_BASE`` names another."""
    key = read_key(spec)
    return _class("langchain_qwq", "ChatQwen", spec)(model=spec.model, api_key=key, **_client())


def _ollama(spec: LLMSpec) -> BaseChatModel:
    """The server ``OLLAMA_HOST`` names, else this machine's."""
    return _class("langchain_ollama", "ChatOllama", spec)(
        model=spec.model, client_kwargs={"timeout": TIMEOUT_S}
    )


def _http(spec: LLMSpec) -> BaseChatModel:
    return _class("langchain_openai", "ChatOpenAI", spec)(
        model=spec.model,
        base_url=spec.base_url,
        api_key=read_key(spec),
        use_responses_api=False,
        stream_usage=True,
        **_client(),
    )


def _client() -> dict[str, Any]:
    return {"timeout": TIMEOUT_S, "max_retries": MAX_RETRIES}


_CONNECT: dict[str, Callable[[LLMSpec], BaseChatModel]] = {
    "openai": _openai,
    "deepseek": _deepseek,
    "qwen": _qwen,
    "ollama": _ollama,
    "http": _http,
}
