"""The providers, each pointed at a scripted server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from mm_agent.agent import Answer, ask, build_agent, load_chat_model
from mm_agent.agent.answer import Event
from mm_agent.settings import Settings
from tests.agent.chat_server import ChatServer
from tests.agent.world import one_scene

KEY = "sk-test-0123456789abcdef"


@dataclass(frozen=True)
class Hosted:
    """A provider: its spec, and the variables that send it to a server at ``{root}``."""

    name: str
    spec: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def point_at(self, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> str:
        """Set the variables; returns the spec."""
        for name, value in self.variables.items():
            monkeypatch.setenv(name, value.format(root=server.root))
        return self.spec.format(root=server.root)


OPENAI = Hosted("openai", "openai:tiny", {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "{root}/v1"})
DEEPSEEK = Hosted("deepseek", "deepseek:tiny", {"DEEPSEEK_API_KEY": KEY, "DEEPSEEK_API_BASE": "{root}/v1"})
QWEN = Hosted("qwen", "qwen:tiny", {"DASHSCOPE_API_KEY": KEY, "DASHSCOPE_API_BASE": "{root}/v1"})
SERVER = Hosted("server", "{root}/v1#tiny", {"MM_AGENT_LLM_KEY": KEY})
OLLAMA = Hosted("ollama", "ollama:qwen3", {"OLLAMA_HOST": "{root}"})
TONGYI = Hosted(
    "tongyi", "tongyi:qwen-plus", {"DASHSCOPE_API_KEY": KEY, "DASHSCOPE_HTTP_BASE_URL": "{root}/api/v1"}
)

ALIKE = (OPENAI, DEEPSEEK, QWEN, SERVER)  # they speak OpenAI's protocol
ALL = (*ALIKE, OLLAMA, TONGYI)


def each(*providers: Hosted) -> pytest.MarkDecorator:
    """Run a test once per provider."""
    return pytest.mark.parametrize("hosted", providers, ids=lambda hosted: hosted.name)


def put(
    spec: str,
    question: str = "How many cats?",
    *,
    events: list[Event] | None = None,
    settings: Settings | None = None,
    **options: object,
) -> Answer:
    """Ask an agent with that model about a scene with two cats."""
    world = one_scene()
    model = load_chat_model(spec, settings=settings)
    agent = build_agent(model, world.tools(), **options)  # type: ignore[arg-type]
    return ask(agent, question, items=world.items(), on_event=None if events is None else events.append)
