"""``--llm`` specs: one string, parsed once into a type, and the chat model it stands for.

``offline``, ``openai:MODEL``, ``deepseek:MODEL``, ``qwen:MODEL``, ``ollama:MODEL`` or the address of any
server that speaks the OpenAI protocol: ``http://host:port/v1#MODEL``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

from mm_agent.errors import LLMSpecError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Provider = Literal["offline", "openai", "deepseek", "qwen", "ollama", "http"]

FORMS = "offline, openai:MODEL, deepseek:MODEL, qwen:MODEL, ollama:MODEL or http://host:port/v1#MODEL"

# Where each provider's key is read from; a server given by address may do without one.
KEY_VARIABLES: dict[Provider, str] = {
    "openai": "OPENAI_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "qwen": "DASHSCOPE_API_KEY",
    "http": "MM_AGENT_LLM_KEY",
}

_NAMED: tuple[Provider, ...] = ("openai", "deepseek", "qwen", "ollama")


@dataclass(frozen=True)
class LLMSpec:
    """Which chat model: ``base_url`` only for ``http``, ``model`` empty only for ``offline``."""

    provider: Provider
    model: str = ""
    base_url: str | None = None

    def __str__(self) -> str:
        """The spec as a person writes it."""
        if self.provider == "offline":
            return "offline"
        return f"{self.base_url}#{self.model}" if self.provider == "http" else f"{self.provider}:{self.model}"

    @property
    def key_variable(self) -> str | None:
        """The environment variable its key is read from, or None when there is no key."""
        return KEY_VARIABLES.get(self.provider)

    @property
    def needs_key(self) -> bool:
        """Whether it cannot work without a key."""
        return self.provider in ("openai", "deepseek", "qwen")


def parse_llm_spec(spec: str) -> LLMSpec:
    """Read a spec.

    Raises:
        LLMSpecError: Unknown form, a model or address left out, or a password inside the address.
    """
    text = spec.strip()
    if text.lower() == "offline":
        return LLMSpec("offline")
    if text.lower().startswith(("http://", "https://")):
        return _parse_address(text)
    provider, colon, model = text.partition(":")
    if provider.lower() not in _NAMED:
        raise LLMSpecError(f"unknown language model '{text}'; use {FORMS}")
    if not colon or not model.strip():
        raise LLMSpecError(f"'{text}' names no model; write {provider.lower()}:MODEL")
    return LLMSpec(cast(Provider, provider.lower()), model.strip())


def load_chat_model(spec: str | LLMSpec, *, language: Literal["auto", "en", "zh"] = "auto") -> BaseChatModel:
    """Make the chat model of a spec; nothing is sent anywhere yet.

    Args:
        spec: A spec, as text or parsed.
        language: What the offline planner answers in; other models are told by the system prompt.

    Raises:
        LLMSpecError: The spec cannot be read, or its key is not in the environment.
        MissingDependency: The provider's package is not installed.
    """
    parsed = parse_llm_spec(spec) if isinstance(spec, str) else spec
    if parsed.provider == "offline":
        from mm_agent.agent.planner.model import OfflinePlanner

        return OfflinePlanner(language=language)
    from mm_agent.agent.providers import connect

    return connect(parsed)


def _parse_address(text: str) -> LLMSpec:
    """Read ``http(s)://host:port/v1#model``; the message never repeats an address that holds a password."""
    address, _, model = text.partition("#")
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port  # a port that is no number raises
    except ValueError:
        raise LLMSpecError(
            "the language model's address cannot be read; write http://host:port/v1#MODEL"
        ) from None
    if parts.username or parts.password or parts.query:
        raise LLMSpecError(
            "the language model's address holds a password or a query; put the key in MM_AGENT_LLM_KEY"
        )
    if not host:
        raise LLMSpecError(f"'{address}' names no host; write http://host:port/v1#MODEL")
    if not model.strip():
        raise LLMSpecError(f"'{text}' names no model; add it after '#': {address}#MODEL")
    return LLMSpec("http", model.strip(), address.rstrip("/"))
