"""The offline planner as a LangChain chat model: it goes through the same agent graph as any other."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import ToolCall, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from mm_agent.agent.planner.answer import word_answer
from mm_agent.agent.planner.calls import Call
from mm_agent.agent.planner.dialogue import last_turn
from mm_agent.agent.planner.domain import DOMAIN_TOOL, ask_domain, domain_labels
from mm_agent.agent.planner.plan import next_calls
from mm_agent.agent.planner.wording import say

# A word with the space before it; a Chinese character counts as a word.
_WORDS = re.compile(
    r"\s*(?:[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]|[^\s\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]+)|\s+$"
)


class OfflinePlanner(BaseChatModel):
    """Reads a question about pictures, calls tools, words their evidence: rules, no language model.

    It understands English and Chinese questions about what, how many, which colour, whether, where, which of
    these, two pictures and whether a sentence fits. It never forces a tool: ``tool_choice`` has no effect.
    """

    language: Literal["auto", "en", "zh"] = Field(
        default="auto", description="Of the answers; auto: the question's."
    )

    @property
    def model_name(self) -> str:
        """What traces call it."""
        return "offline-planner"

    @property
    def _llm_type(self) -> str:
        return "mm-agent-offline-planner"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Tell it which tools there are, by name: it knows their arguments. The signature is LangChain's.

        Of a domain's tool it also reads the labels.
        """
        domain = [tool for tool in tools if _name_of(tool) == DOMAIN_TOOL]
        labels = domain_labels(convert_to_openai_tool(domain[0])) if domain else ()
        return self.bind(tools=[_name_of(tool) for tool in tools], domain=labels, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text, calls = self._decide(messages, kwargs)
        message = AIMessage(content=_cut(text, stop), tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """Tool calls in one piece, an answer word by word."""
        text, calls = self._decide(messages, kwargs)
        pieces = [AIMessageChunk(content=word) for word in _WORDS.findall(_cut(text, stop))]
        if calls:
            pieces = [
                AIMessageChunk(
                    content="", tool_call_chunks=[_as_chunk(i, call) for i, call in enumerate(calls)]
                )
            ]
        for piece in [*pieces, AIMessageChunk(content="", chunk_position="last")]:
            chunk = ChatGenerationChunk(message=piece)
            if run_manager and piece.content:
                run_manager.on_llm_new_token(str(piece.content), chunk=chunk)
            yield chunk

    def _decide(self, messages: list[BaseMessage], bound: dict[str, Any]) -> tuple[str, list[ToolCall]]:
        """Either words or tool calls."""
        names = set(bound.get("tools", ()))
        language = None if self.language == "auto" else self.language
        turn = last_turn(messages, language=language)
        if turn is None:
            return say("help", language or "en"), []
        turn = ask_domain(turn, bound.get("domain", ()))
        calls = (
            [_as_tool_call(call) for call in next_calls(turn) if call.tool in names] if turn.targets else []
        )
        return ("", calls) if calls else (word_answer(turn, names), [])


def _name_of(tool: dict[str, Any] | type | Callable[..., Any] | BaseTool) -> str:
    return tool.name if isinstance(tool, BaseTool) else convert_to_openai_tool(tool)["function"]["name"]


def _as_tool_call(call: Call) -> ToolCall:
    return ToolCall(name=call.tool, args=call.args, id=f"call_{uuid.uuid4().hex[:16]}", type="tool_call")


def _as_chunk(index: int, call: ToolCall) -> Any:
    arguments = json.dumps(call["args"], ensure_ascii=False)
    return tool_call_chunk(name=call["name"], args=arguments, id=call["id"], index=index)


def _cut(text: str, stop: list[str] | None) -> str:
    """The text before the first stop word."""
    for word in stop or ():
        text = text.split(word, 1)[0]
    return text
