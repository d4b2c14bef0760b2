"""From ``--llm local:...`` to a chat model."""

from __future__ import annotations

from mm_agent.local.chat import LocalChatModel


def connect_local(path_or_hub_id: str) -> LocalChatModel:
    """Load a language model into this process.

    Args:
        path_or_hub_id: ``demo``, a folder, or ``owner/name`` on the Hugging Face hub.

    Raises:
        LocalModelError: No such model, or its files cannot be used.
    """
    model = LocalChatModel(model=path_or_hub_id)
    model.load()
    return model
