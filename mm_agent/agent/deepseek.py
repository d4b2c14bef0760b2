"""DeepSeek with its reasoning sent back, which its API asks for once a tool was called.

LangChain's class reads ``reasoning_content`` and drops it from the next request; in thinking mode, which is
the default, the API answers such a history with HTTP 400.
Sources: api-docs.deepseek.com/guides/thinking_mode, github.com/langchain-ai/langchain/issues/34166.
"""

from __future__ import annotations

from typing import Any

import langchain_deepseek
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage


class ChatDeepSeek(langchain_deepseek.ChatDeepSeek):
    """LangChain's class; messages with tool calls keep their reasoning on the way back."""

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        messages = self._convert_input(input_).to_messages()
        for message, sent in zip(messages, payload["messages"], strict=True):
            reasoning = message.additional_kwargs.get("reasoning_content")
            if isinstance(message, AIMessage) and message.tool_calls and reasoning is not None:
                sent["reasoning_content"] = reasoning
        return payload
