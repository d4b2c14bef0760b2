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
    """A conversation and where the features of its picture or clip are kept."""

    chat: Chat
    key: str


class Chats(Dataset[dict[str, Any]]):
    """Conversations with their features, which are read when they are needed."""

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
        ``input_ids``, ``attention_mask``, ``labels`` and ``soft`` (B, L); ``features`` (P, N, D_vision) of
        all pictures and frames in order, and ``frames`` (P,), True for those of clips.
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
        "features": torch.cat([row["features"].reshape(-1, *row["features"].shape[-2:]) for row in rows]),
        "frames": torch.tensor([clip for row in rows for clip in _clip(row["features"])]),
    }


def _clip(features: Tensor) -> list[bool]:
    """False for a picture's features (N, D_vision), True for each frame of a clip's (F, N, D_vision)."""
    return [False] if features.ndim == 2 else [True] * len(features)
