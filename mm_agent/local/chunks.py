"""Events of the engine as the message chunks LangChain streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from mm_agent.local.request import Ended, Said
from mm_agent.local.speech import CALL, Part, Speech
from mm_agent.local.tool_format import Tool, ToolFormat, read_call

PROVIDER = "mm-agent-local"


class Chunks:
    """Turns one answer's events into chunks.

    Args:
        model_name: Goes into the last chunk's ``response_metadata``.
        form: How calls are written; None when no tools were offered.
        tools: By name; their schemas type the arguments of calls written as XML.
        thinking: The prompt has opened the reasoning already.
    """

    def __init__(
        self, model_name: str, *, form: ToolFormat | None, tools: Mapping[str, Tool], thinking: bool
    ) -> None:
        self._model_name = model_name
        self._form: ToolFormat | None = form
        self._tools = tools
        self._speech = Speech(form, thinking=thinking)
        self._calls = 0
        self._heard = 0  # tokens, and of these in reasoning
        self._reasoned = 0

    def said(self, event: Said) -> Iterator[ChatGenerationChunk]:
        """Chunks for a piece of text; none while it may be half a tag."""
        self._count(event.tokens)
        for part in self._speech.add(event.text):
            yield self._chunk(part)

    def ended(self, event: Ended) -> Iterator[ChatGenerationChunk]:
        """What was held back, and the last chunk with the counts."""
        self._count(event.new_tokens - self._heard)
        for part in self._speech.end():
            yield self._chunk(part)
        reason = "tool_calls" if self._calls and event.reason == "stop" else event.reason
        metadata = {"model_name": self._model_name, "model_provider": PROVIDER, "finish_reason": reason}
        last = AIMessageChunk(
            content="", usage_metadata=self._usage(event), response_metadata=metadata, chunk_position="last"
        )
        yield ChatGenerationChunk(message=last, generation_info={"finish_reason": reason})

    def _count(self, tokens: int) -> None:
        self._heard += tokens
        self._reasoned += tokens if self._speech.kind == "reasoning" else 0

    def _chunk(self, part: Part) -> ChatGenerationChunk:
        if part.kind == "call":
            return ChatGenerationChunk(message=self._call(part))
        if part.kind == "reasoning":
            kept = {"reasoning_content": part.text}
            return ChatGenerationChunk(message=AIMessageChunk(content="", additional_kwargs=kept))
        return ChatGenerationChunk(message=AIMessageChunk(content=part.text), text=part.text)

    def _call(self, part: Part) -> AIMessageChunk:
        """A call in one chunk.

        LangChain reads streamed arguments that break off as if they were whole. Behind their tag, those of a
        call that cannot be read are no JSON from the start, so that it is put aside as an invalid one.
        """
        assert self._form, "without a form there are no calls"
        call = read_call(part.text, self._form, self._tools, cut=part.cut)
        args = CALL + call.args if call.error else call.args
        index, self._calls = self._calls, self._calls + 1
        chunk = tool_call_chunk(name=call.name, args=args, id=f"call_{uuid4().hex[:24]}", index=index)
        return AIMessageChunk(content="", tool_call_chunks=[chunk])

    def _usage(self, event: Ended) -> UsageMetadata:
        usage: dict[str, Any] = {
            "input_tokens": event.prompt_tokens,
            "output_tokens": event.new_tokens,
            "total_tokens": event.prompt_tokens + event.new_tokens,
            "input_token_details": InputTokenDetails(cache_read=event.reused),
        }
        if self._reasoned:
            usage["output_token_details"] = OutputTokenDetails(reasoning=self._reasoned)
        return UsageMetadata(**usage)
