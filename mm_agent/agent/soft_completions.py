"""vLLM's completions from prompt embeddings: the whole prompt, chat template and all, goes as one tensor.

Works with every vLLM since 0.9.2 that runs with ``--enable-prompt-embeds``; see ``soft_http`` for chats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openai import OpenAI, OpenAIError
from torch import Tensor

from mm_agent.agent.llm_errors import explain
from mm_agent.projection.soft.wire import prompt_embeds


def complete_soft(client: OpenAI, model: str, embeddings: Tensor, **options: Any) -> Iterator[str]:
    """Stream the text that follows a prompt.

    Args:
        client: Of the server.
        model: The served model's name.
        embeddings: (T, D), as ``LocalChatModel.embed_prompt`` gives it.
        options: More of the completions API: ``max_tokens``, ``temperature``, ``stop`` and so on.

    Raises:
        ProjectorError: No such tensor can be sent.
        AgentError: The server refused or failed.
    """
    body = {"prompt_embeds": prompt_embeds(embeddings)}
    try:
        # The client wants a prompt; vLLM would answer an empty one too, and refuses it.
        stream = client.completions.create(model=model, prompt=None, stream=True, extra_body=body, **options)
        for chunk in stream:
            if chunk.choices and chunk.choices[0].text:
                yield chunk.choices[0].text
    except OpenAIError as error:
        explained = explain(error)
        raise explained or error from None
