"""The system prompt in the language of the last question, or in one that was chosen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from mm_agent.agent.message import question_of
from mm_agent.agent.weak import WEAK_SHARE
from mm_agent.prompt_files import Language, detect_language, render

Choice = Literal["auto", "en", "zh"]


class SystemPrompt(AgentMiddleware):
    """Puts ``prompts/agent_system`` in front of every model call."""

    def __init__(self, *, language: Choice) -> None:
        super().__init__()
        self.language: Choice = language

    def wrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Add the prompt."""
        return handler(self._with_prompt(request))

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """Add the prompt, awaited."""
        return await handler(self._with_prompt(request))

    def _with_prompt(self, request: ModelRequest) -> ModelRequest:
        prompt = system_prompt(spoken(request.messages, self.language))
        return request.override(system_message=SystemMessage(content=prompt))


def system_prompt(language: Language) -> str:
    """What the agent tells a model first."""
    return render("agent_system", language, weak=f"{WEAK_SHARE:.2f}")


def spoken(messages: Sequence[BaseMessage], choice: Choice) -> Language:
    """The chosen language, or that of the last question."""
    if choice != "auto":
        return choice
    last = next((message for message in reversed(messages) if isinstance(message, HumanMessage)), None)
    return detect_language(question_of(last)) if last else "en"
