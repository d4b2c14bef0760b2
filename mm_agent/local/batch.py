"""The requests that are being answered together, one row each, padded on the left."""

from __future__ import annotations

from collections.abc import Hashable

import torch
from torch.nn.functional import pad
from transformers import DynamicCache, PreTrainedModel

from mm_agent.local.kv import Rows, cache_of, join, pick, rows_of
from mm_agent.local.request import Request


class Batch:
    """Rows that grow by one token a step; requests join and leave between steps."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self.requests: list[Request] = []
        self._cache: DynamicCache | None = None
        self._mask = torch.zeros(
            0, 0, dtype=torch.long, device=model.device
        )  # (B, L), 1 where a token stands

    def join(self, request: Request, cache: DynamicCache, length: int) -> None:
        """Take in a request whose ``length`` tokens so far are in ``cache``."""
        mask = torch.ones(1, length, dtype=torch.long, device=self._model.device)
        if self._cache is None:
            self._cache, self._mask = cache, mask
        else:
            longest = max(length, self._mask.shape[1])
            rows = join(rows_of(self._cache), rows_of(cache))
            self._cache = cache_of(rows, self._model.config)
            self._mask = torch.cat([pad(part, (longest - part.shape[1], 0)) for part in (self._mask, mask)])
        self.requests.append(request)

    def step(self) -> torch.Tensor:
        """Feed every row's last token; gives the logits of its next one, (B, V)."""
        self._mask = pad(self._mask, (0, 1), value=1)
        last = [[request.tokens[-1]] for request in self.requests]
        output = self._model(
            input_ids=torch.tensor(last, device=self._model.device),
            attention_mask=self._mask,
            position_ids=self._mask.sum(1, keepdim=True) - 1,
            past_key_values=self._cache,
            use_cache=True,
        )
        return output.logits[:, -1]

    def row(self, request: Request) -> tuple[list[Hashable], Rows]:
        """What a request's computed places are known by, and their keys and values."""
        assert self._cache is not None
        index = self.requests.index(request)
        length = int(self._mask[index].sum())
        return [*request.keys, *request.tokens][:length], pick(rows_of(self._cache), [index], length)

    def leave(self, gone: list[Request]) -> None:
        """Let requests go, and the padding that only they needed."""
        kept = [index for index, request in enumerate(self.requests) if request not in gone]
        self.requests = [self.requests[index] for index in kept]
        if not kept:
            self._cache = None
        elif gone:
            length = int(self._mask[kept].sum(1).max())
            assert self._cache is not None
            self._cache = cache_of(pick(rows_of(self._cache), kept, length), self._model.config)
            self._mask = self._mask[kept, -length:]
