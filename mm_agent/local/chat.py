"""``LocalChatModel``: a language model in this process behind LangChain's chat-model interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput, ModelProfile
from langchain_core.language_models.chat_models import agenerate_from_stream, generate_from_stream
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, run_in_executor
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field, PrivateAttr
from torch import Tensor

from mm_agent.local.adapter import adapter_of
from mm_agent.local.call import Call, Options, prepare
from mm_agent.local.chunks import PROVIDER
from mm_agent.local.fusion import embedded
from mm_agent.local.loaded import LoadedModel, load
from mm_agent.local.pictures import Sight
from mm_agent.local.prompt import write_prompt
from mm_agent.local.request import Ended, Event, Said
from mm_agent.local.structured import structured
from mm_agent.local.tool_choice import ToolChoice, chosen

_OPTIONS = ("temperature", "top_p", "top_k", "seed", "max_tokens", "timeout", "thinking", "reuse_prompt")


class LocalChatModel(BaseChatModel):
    """Qwen, or another causal language model with a Qwen-style chat template, run by transformers.

    Calls that arrive together are answered in one batch, and instances with the same checkpoint, device and
    dtype share one copy in memory. It is loaded by the first call, or by ``load``.

    With a projector it takes pictures: image blocks, and media handles of a store as ``file_id``.

    Example:
        >>> model = LocalChatModel(model="Qwen/Qwen3-0.6B", max_tokens=512)
        >>> model.invoke("你好").text
    """

    model: str = Field(description="A folder, owner/name on the hub, or demo.")
    device: str = Field(default="auto", description="auto, cpu, cuda, cuda:1 or mps.")
    dtype: str = Field(default="auto", description="auto, float32, bfloat16 or float16.")
    temperature: float | None = Field(default=None, ge=0, description="0: greedy. None: the checkpoint's.")
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=0, description="0: no such limit.")
    seed: int | None = Field(default=None, description="Makes sampled answers repeat.")
    max_tokens: int | None = Field(default=None, gt=0, description="None: what the context leaves room for.")
    stop: list[str] | None = Field(default=None, description="Strings that end an answer, and are left out.")
    timeout: float | None = Field(default=None, gt=0, description="Seconds for one answer.")
    thinking: bool | None = Field(default=None, description="Reason first, where the template can.")
    reuse_prompt: bool = Field(default=True, description="Compute only what earlier prompts did not hold.")
    projector: Any = Field(default=None, description="A Projector, its folder or demo; None: no pictures.")
    encoder: Any = Field(default="demo", description="A SiglipEncoder, or its spec, for the projector.")
    media_store: Any = Field(default=None, description="The MediaStore in which media handles are looked up.")
    clip_frames: int = Field(default=8, gt=0, description="Frames of a clip that are looked at.")

    _loaded: LoadedModel | None = PrivateAttr(None)
    _reader: Any = PrivateAttr(None)

    def load(self) -> LoadedModel:
        """Load the checkpoint now rather than at the first call.

        Raises:
            LocalModelError: No such model, or its files cannot be used.
            ProjectorError: No such projector, or one made for another encoder or language model.
        """
        if self._loaded is None:
            adapter = adapter_of(self.projector) if isinstance(self.projector, str | Path) else None
            loaded = load(self.model, device=self.device, dtype=self.dtype, adapter=adapter)
            if self.projector is not None:
                from mm_agent.local.eyes import open_eyes

                self._reader = open_eyes(self.projector, self.encoder, loaded, frames=self.clip_frames)
            self._loaded = loaded
            self.profile = {**(self.profile or {}), "max_input_tokens": loaded.limit}
        return self._loaded

    @property
    def sight(self) -> Sight | None:
        """How the loaded model sees; None: it does not."""
        self.load()
        return Sight(self._reader, self.media_store) if self._reader else None

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable | BaseTool],
        *,
        tool_choice: ToolChoice = None,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools.

        Args:
            tools: Tools, functions, pydantic classes or schemas.
            tool_choice: ``auto`` (the default), ``none``, ``any`` or ``required`` for exactly one call of any
                of them, or a tool's name for a call of that one. A call that must be made is held to the
                tool's schema, and no reasoning comes before it.
            strict: Taken for the sake of other providers' code; forced calls are always held to the schema.
            kwargs: Bound as they are.

        Raises:
            LocalModelError: ``tool_choice`` names no such tool.
        """
        written = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=written, tool_choice=chosen(tool_choice, written), **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        include_raw: bool = False,
        method: Literal["json_schema", "function_calling", "json_mode"] = "json_schema",
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Answer with JSON by a schema; a grammar allows nothing else.

        Args:
            schema: A pydantic class, TypedDict, JSON schema or OpenAI tool.
            include_raw: Give a dict of raw, parsed and parsing_error instead.
            method: ``json_schema`` tells the model the schema as well; ``json_mode`` leaves the words to the
                caller; ``function_calling`` makes it the only tool.
            strict: Taken for the sake of other providers' code; the schema is always held to.
            kwargs: None are known.

        Raises:
            LocalModelError: An unknown method or option.
        """
        return structured(self, schema, include_raw=include_raw, method=method, options=kwargs)

    def get_num_tokens_from_messages(
        self,
        messages: list[BaseMessage],
        tools: Sequence[dict[str, Any] | type | Callable | BaseTool] | None = None,
    ) -> int:
        """Count a conversation's tokens as the model will read it."""
        written = [convert_to_openai_tool(tool) for tool in tools or ()]
        return len(write_prompt(self.load(), messages, tools=written, sight=self.sight).tokens)

    def embed_prompt(self, messages: LanguageModelInput) -> Tensor:
        """A whole conversation as this model takes it in, its chat template and its pictures included.

        It is what a server that takes prompt embeddings for completions wants, see ``complete_soft``.

        Args:
            messages: As ``invoke`` takes them.

        Returns:
            (T, D) on the CPU, in the model's number type.
        """
        loaded = self.load()
        prompt = write_prompt(loaded, self._convert_input(messages).to_messages(), sight=self.sight)
        return embedded(loaded.model, prompt.tokens, prompt.soft).cpu()

    def get_token_ids(self, text: str) -> list[int]:
        """A text's tokens."""
        return self.load().tokenizer(text, add_special_tokens=False)["input_ids"]

    @property
    def _llm_type(self) -> str:
        return PROVIDER

    @property
    def _identifying_params(self) -> dict[str, Any]:
        shown = {"projector": str(self.projector)} if self.projector is not None else {}
        return {"model": self.model, "device": self.device, "dtype": self.dtype, **shown}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return {**super()._get_ls_params(stop=stop or self.stop, **kwargs), "ls_provider": PROVIDER}

    def _resolve_model_profile(self) -> ModelProfile:
        sees = self.projector is not None
        return {"image_inputs": sees, "tool_calling": True, "structured_output": True}

    def _prepare(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        asked: dict[str, Any],
        emit: Callable[[Event], None],
    ) -> Call:
        own = {name: getattr(self, name) for name in _OPTIONS}
        asked = {name: value for name, value in asked.items() if name != "stream"}  # LangChain's own switch
        options = Options.of({**own, **asked, "stop": stop or self.stop})
        return prepare(self.load(), messages, options, emit, self.sight)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        events: SimpleQueue[Event] = SimpleQueue()
        call = self._prepare(messages, stop, kwargs, events.put)
        call.loaded.engine.submit(call.request)
        try:
            ended = False
            while not ended:
                event = events.get()
                ended = isinstance(event, Ended)
                yield from _chunks(call, event)
        finally:  # the generator was closed, or its caller interrupted
            call.request.cancel()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        events: asyncio.Queue[Event] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def emit(event: Event) -> None:
            loop.call_soon_threadsafe(events.put_nowait, event)

        call = await run_in_executor(None, self._prepare, messages, stop, kwargs, emit)
        call.loaded.engine.submit(call.request)
        try:
            ended = False
            while not ended:
                event = await events.get()
                ended = isinstance(event, Ended)
                for chunk in _chunks(call, event):
                    yield chunk
        finally:  # the generator was closed, or its task cancelled
            call.request.cancel()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages, stop, run_manager, **kwargs))


def _chunks(call: Call, event: Event) -> Iterator[ChatGenerationChunk]:
    if isinstance(event, Said):
        return call.chunks.said(event)
    if isinstance(event, Ended):
        return call.chunks.ended(event)
    raise event
