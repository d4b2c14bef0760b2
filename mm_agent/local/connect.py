"""From ``--llm local:...`` to a chat model."""

from __future__ import annotations

from typing import Any

from mm_agent.local.chat import LocalChatModel


def connect_local(path_or_hub_id: str, **options: Any) -> LocalChatModel:
    """Load a language model into this process.

    Args:
        path_or_hub_id: ``demo``, a folder, or ``owner/name`` on the Hugging Face hub.
        options: More of ``LocalChatModel``'s fields.

    Raises:
        LocalModelError: No such model, or its files cannot be used.
        ProjectorError: No such projector, or one made for another encoder or language model.
    """
    model = LocalChatModel(model=path_or_hub_id, **options)
    model.load()
    return model
