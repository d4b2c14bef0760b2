"""The requests that are being answered together, one row each, padded on the left."""

from __future__ import annotations

from collections.abc import Hashable

import torch
from transformers import DynamicCache, PreTrainedModel

from mm_agent.local.kv import Rows, cache_of, join, pick, rows_of
from mm_agent.local.request import Request


class Batch:
    """Rows that grow by one token a step; requests join and leave between steps."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model, self._device = model, model.device
        self.requests: list[Request] = []
        self._cache: DynamicCache | None = None  # as long as the longest row
        self._lengths: list[int] = []  # of each row, without its padding

    def join(self, request: Request, cache: DynamicCache, length: int) -> None:
        """Take in a request whose ``length`` tokens so far are in ``cache``."""
        if self._cache is not None:
            cache = cache_of(join(rows_of(self._cache), rows_of(cache)), self._model.config)
        self._cache = cache
        self._lengths.append(length)
        self.requests.append(request)

    def step(self) -> torch.Tensor:
        """Feed every row's last token; gives the logits of its next one, (B, V)."""
        last = [[request.tokens[-1]] for request in self.requests]
        output = self._model(
            input_ids=torch.tensor(last, device=self._device),
            past_key_values=self._cache,
            use_cache=True,
            **self._padding(),
        )
        self._lengths = [length + 1 for length in self._lengths]
        return output.logits[:, -1]

    def _padding(self) -> dict[str, torch.Tensor]:
        """Which places of the cache and the new one are a row's own (B, L + 1), and where each row goes on.

        Nothing where no row is padded: a model needs no mask then, and computing one takes time.
        """
        longest = max(self._lengths)
        if longest == min(self._lengths):
            return {}
        lengths = torch.tensor(self._lengths, device=self._device)[:, None]  # (B, 1)
        places = torch.arange(longest + 1, device=self._device)
        return {"attention_mask": (places >= longest - lengths).long(), "position_ids": lengths}

    def row(self, request: Request) -> tuple[list[Hashable], Rows]:
        """What a request's computed places are known by, and their keys and values."""
        assert self._cache is not None
        index = self.requests.index(request)
        length = self._lengths[index]
        return [*request.keys, *request.tokens][:length], pick(rows_of(self._cache), [index], length)

    def leave(self, gone: list[Request]) -> None:
        """Let requests go, and the padding that only they needed."""
        kept = [index for index, request in enumerate(self.requests) if request not in gone]
        self.requests = [self.requests[index] for index in kept]
        self._lengths = [self._lengths[index] for index in kept]
        if not kept:
            self._cache = None
        elif gone:
            assert self._cache is not None
            rows = pick(rows_of(self._cache), kept, max(self._lengths))
            self._cache = cache_of(rows, self._model.config)
