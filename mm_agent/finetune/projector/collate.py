"""Examples to padded batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from mm_agent.finetune.projector.chats import IGNORED, Chat
from mm_agent.finetune.projector.frozen import FrozenFeatures


@dataclass(frozen=True)
class Item:
    """A conversation and where its picture's features are kept."""

    chat: Chat
    key: str


class Chats(Dataset[dict[str, Any]]):
    """Conversations with their pictures' features, which are read when they are needed."""

    def __init__(self, items: Sequence[Item], features: FrozenFeatures) -> None:
        self._items, self._features = items, features

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> dict[str, Any]:
        item = self._items[index]
        return {"chat": item.chat, "features": self._features.get(item.key)}


def collate(rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
    """A batch, padded at the end.

    Returns:
        ``input_ids``, ``attention_mask``, ``labels`` and ``soft`` (B, L), and ``features`` (B, N, D_vision).
    """
    chats: list[Chat] = [row["chat"] for row in rows]
    longest = max(len(chat.tokens) for chat in chats)

    def padded(values: list[list[Any]], fill: Any) -> Tensor:
        return torch.tensor([row + [fill] * (longest - len(row)) for row in values])

    return {
        "input_ids": padded([chat.tokens for chat in chats], 0),
        "attention_mask": padded([[1] * len(chat.tokens) for chat in chats], 0),
        "labels": padded([chat.labels for chat in chats], IGNORED),
        "soft": padded([chat.soft for chat in chats], False),
        "features": torch.stack([row["features"] for row in rows]),
    }
