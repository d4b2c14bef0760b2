"""Conversations and their media between a session and a memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mm_agent.media.item import MediaItem

if TYPE_CHECKING:
    from mm_agent.agent.memory.memory import Memory
    from mm_agent.media.store import MediaStore


def keep(
    memory: Memory, thread_id: str, question: str, *, items: Sequence[MediaItem], store: MediaStore
) -> list[MediaItem]:
    """Note a question and keep its conversation's media.

    Returns:
        What could not be kept: larger than the room for media, or no room on the disk.
    """
    if not memory.kept or memory.vault is None:
        return []
    vault = memory.vault
    memory.threads.put(thread_id, title=question, media=items)
    return [item for item in items if not vault.keep(item, store.kept_file(item.handle))]


def restore(memory: Memory, items: Sequence[MediaItem], store: MediaStore) -> list[MediaItem]:
    """Put a conversation's media into a store under the handles they had.

    Returns:
        Those whose bytes are lost; they keep their handles, and adding the same picture mends them.
    """
    vault = memory.vault
    return [item for item in items if not store.restore(item, vault.find(item) if vault else None)]
