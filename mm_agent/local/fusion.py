"""Soft prompts among a prompt's tokens: where they stand, what they are known by, and the model's input."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel


@dataclass(frozen=True, eq=False)
class SoftSpan:
    """A picture's soft tokens within a prompt: ``embeddings`` (T, D) stand from place ``start`` on."""

    start: int
    embeddings: Tensor

    @property
    def end(self) -> int:
        """The place behind the last soft token."""
        return self.start + len(self.embeddings)

    @cached_property
    def digest(self) -> str:
        """Hash of the soft tokens: the same picture through the same encoder and projector has the same."""
        raw = self.embeddings.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()
        return hashlib.blake2b(raw.tobytes(), digest_size=16).hexdigest()


def prompt_keys(tokens: Sequence[int], spans: Sequence[SoftSpan]) -> list[Hashable]:
    """What a prompt's places are known by: a token by its number, a soft one by its picture and place."""
    keys: list[Hashable] = list(tokens)
    for span in spans:
        keys[span.start : span.end] = [(span.digest, index) for index in range(len(span.embeddings))]
    return keys


def model_input(
    model: PreTrainedModel, tokens: Sequence[int], spans: Sequence[SoftSpan], start: int, end: int
) -> dict[str, Any]:
    """What the model takes for a prompt's places ``start`` to ``end``: tokens, or embeddings (1, L, D)."""
    part = list(tokens[start:end])
    within = [
        SoftSpan(
            max(span.start, start) - start, span.embeddings[max(start - span.start, 0) : end - span.start]
        )
        for span in spans
        if span.start < end and span.end > start
    ]
    if within:
        return {"inputs_embeds": embedded(model, part, within)[None]}
    return {"input_ids": torch.tensor([part], device=model.device)}


@torch.no_grad()
def embedded(model: PreTrainedModel, tokens: Sequence[int], spans: Sequence[SoftSpan]) -> Tensor:
    """A prompt's embeddings (L, D) with the soft tokens at their places."""
    rows = model.get_input_embeddings()(torch.tensor(list(tokens), device=model.device)).clone()
    for span in spans:
        rows[span.start : span.end] = span.embeddings.to(rows)
    return rows
