"""A chat model that says what it is told to, one message a call; a call too many is an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field


class ScriptedModel(BaseChatModel):
    """``script`` holds messages or exceptions; ``heard`` what each call was given."""

    script: list[AIMessage | Exception]
    heard: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.heard.append(messages)
        if len(self.heard) > len(self.script):
            raise AssertionError(
                f"the script has {len(self.script)} messages, and call {len(self.heard)} came"
            )
        said = self.script[len(self.heard) - 1]
        if isinstance(said, Exception):
            raise said
        return ChatResult(generations=[ChatGeneration(message=said.model_copy())])


def calling(name: str, *, call_id: str = "call-1", **args: Any) -> AIMessage:
    """A message with one tool call."""
    return AIMessage(
        content="", tool_calls=[{"name": name, "args": args, "id": call_id, "type": "tool_call"}]
    )
