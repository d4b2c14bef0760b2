"""``--llm`` specs: one string, parsed once into a type, and the chat model it stands for.

``offline``, ``deepseek:MODEL``, ``qwen:MODEL``, ``openai:MODEL``, ``ollama:MODEL``, ``tongyi:MODEL``,
``local:FOLDER_OR_HUB_ID``, or the address of any server that speaks the OpenAI protocol:
``http://host:port/v1#MODEL``. The two DashScope providers take a place: ``qwen@cn:MODEL``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

from mm_agent.agent.dashscope import host_of
from mm_agent.errors import LLMSpecError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from mm_agent.agent.sight import Sight
    from mm_agent.settings import Settings

Provider = Literal["offline", "deepseek", "qwen", "openai", "ollama", "tongyi", "local", "http"]

FORMS = (
    "offline, deepseek:MODEL, qwen:MODEL, openai:MODEL, ollama:MODEL, tongyi:MODEL, "
    "local:FOLDER_OR_HUB_ID or http://host:port/v1#MODEL"
)

# Where each provider's key is read from; a server given by address may do without one.
KEY_VARIABLES: dict[str, str] = {
    "deepseek": "DEEPSEEK_API_KEY",
    "qwen": "DASHSCOPE_API_KEY",
    "openai": "OPENAI_API_KEY",
    "tongyi": "DASHSCOPE_API_KEY",
    "http": "MM_AGENT_LLM_KEY",
}

_NAMED: tuple[Provider, ...] = ("deepseek", "qwen", "openai", "ollama", "tongyi", "local")
_PLACED: tuple[Provider, ...] = ("qwen", "tongyi")


@dataclass(frozen=True)
class LLMSpec:
    """Which chat model.

    ``model`` is empty only for ``offline``, ``base_url`` set only for ``http``, ``place`` only for DashScope.
    """

    provider: Provider
    model: str = ""
    base_url: str | None = None
    place: str | None = None

    def __str__(self) -> str:
        """The spec as a person writes it."""
        if self.provider == "offline":
            return "offline"
        if self.provider == "http":
            return f"{self.base_url}#{self.model}"
        return f"{self.provider}{f'@{self.place}' if self.place else ''}:{self.model}"

    @property
    def key_variable(self) -> str | None:
        """The environment variable its key is read from, or None when there is no key."""
        return KEY_VARIABLES.get(self.provider)

    @property
    def needs_key(self) -> bool:
        """Whether it cannot work without a key."""
        return self.provider in ("deepseek", "qwen", "openai", "tongyi")


def parse_llm_spec(spec: str) -> LLMSpec:
    """Read a spec.

    Raises:
        LLMSpecError: Unknown form, a model, place or address left out, or a password inside the address.
    """
    text = spec.strip()
    if text.lower() == "offline":
        return LLMSpec("offline")
    if text.lower().startswith(("http://", "https://")):
        return _parse_address(text)
    head, colon, model = text.partition(":")
    provider, at, place = head.lower().partition("@")
    if provider not in _NAMED:
        raise LLMSpecError(f"unknown language model '{text}'; use {FORMS}")
    if not colon or not model.strip():
        raise LLMSpecError(f"'{text}' names no model; write {head.lower()}:MODEL")
    if at:
        if provider not in _PLACED:
            raise LLMSpecError(
                f"'{text}' names a place, which only qwen and tongyi have; write {provider}:MODEL"
            )
        host_of(place)
    return LLMSpec(cast(Provider, provider), model.strip(), place=place or None)


def load_chat_model(
    spec: str | LLMSpec,
    *,
    language: Literal["auto", "en", "zh"] = "auto",
    settings: Settings | None = None,
    sight: Sight | None = None,
) -> BaseChatModel:
    """Make the chat model of a spec; nothing is sent anywhere yet.

    It asks once: retries, a fallback and limits are the agent's, see ``build_agent``.

    Args:
        spec: A spec, as text or parsed.
        language: What the offline planner answers in; other models are told by the system prompt.
        settings: Its timeout, keys file, and what is said there about models' capabilities and prices; None:
            the settings in force, from ``MM_AGENT_*`` and the TOML file.
        sight: What it sees with, by soft prompts; None: it does not.

    Raises:
        LLMSpecError: The spec cannot be read, its key is nowhere, or the model calls no tools.
        MissingDependency: The provider's package is not installed.
        SettingsError: Soft prompts, and a model that takes none.
    """
    parsed = parse_llm_spec(spec) if isinstance(spec, str) else spec
    if parsed.provider == "offline" and sight is None:
        from mm_agent.agent.planner.model import OfflinePlanner
        from mm_agent.agent.prices import trace_facts

        return OfflinePlanner(language=language, metadata=trace_facts(parsed))
    from mm_agent.agent.providers import connect
    from mm_agent.settings import load_settings

    return connect(parsed, settings or load_settings(), sight)


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
