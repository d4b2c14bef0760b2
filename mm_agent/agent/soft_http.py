"""Soft prompts to a language model behind vLLM: pictures are looked at here, only their soft tokens travel.

The server runs with ``--enable-prompt-embeds``; such parts of chat messages came into vLLM with its pull
request 40720 (2026). Its chat template writes around them; where that takes strings, vLLM joins a message's
parts by line breaks. A prompt that must be the trained one to the token goes through ``soft_completions``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.messages import BaseMessage
from langchain_openai import ChatOpenAI
from pydantic import Field

from mm_agent.projection.soft.blocks import VISUAL, BlockReader
from mm_agent.projection.soft.wire import content_part


class SoftChatOpenAI(ChatOpenAI):
    """``ChatOpenAI`` whose pictures and clips become ``prompt_embeds`` parts; all else is as it was.

    Whether the projector was made for the served language model is for the caller to know: the server tells
    no fingerprint, only whether the width fits.

    Example:
        >>> SoftChatOpenAI(base_url="http://host:8000/v1", model="Qwen/Qwen3-0.6B", reader=BlockReader(eyes))
    """

    reader: Any = Field(description="The BlockReader that looks.", exclude=True)
    media_store: Any = Field(
        default=None, description="The MediaStore in which handles are looked up.", exclude=True
    )

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """No: neither an encoder nor a store can be written down."""
        return False

    @property
    def projector(self) -> Any:
        """The projector that pictures go through."""
        return self._reader.eyes.projector

    @property
    def _reader(self) -> BlockReader:
        return self.reader

    def _resolve_model_profile(self) -> ModelProfile | None:
        return {**(super()._resolve_model_profile() or ModelProfile()), "image_inputs": True}

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        messages = [self._soft(message) for message in self._convert_input(input_).to_messages()]
        return super()._get_request_payload(messages, stop=stop, **kwargs)

    def _soft(self, message: BaseMessage) -> BaseMessage:
        if isinstance(message.content, str):
            return message
        parts = [part for block in message.content for part in self._parts(block)]
        return message.model_copy(update={"content": parts})

    def _parts(self, block: str | dict[str, Any]) -> Iterable[str | dict[str, Any]]:
        if isinstance(block, str) or block.get("type") not in VISUAL:
            yield block
            return
        for seen in self._reader.read(block, self.media_store):
            if seen.seconds is not None:
                yield {"type": "text", "text": f"<{seen.seconds:.1f} s>"}
            yield content_part(seen.prompt.embeddings)
