"""Keys and values of a batch: rows that join, leave and are kept, padded on the left to one length."""

from __future__ import annotations

from typing import cast

import torch
from torch.nn.functional import pad
from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer

Rows = list[tuple[torch.Tensor, torch.Tensor]]  # keys and values of each layer, (B, H, L, D)


def can_cut(config: PreTrainedConfig) -> bool:
    """Whether a model's cache can be cut and joined: not with sliding windows or recurrent states."""
    return all(type(layer) is DynamicLayer for layer in DynamicCache(config=config).layers)


def rows_of(cache: DynamicCache) -> Rows:
    """A cache's tensors."""
    layers = cast(list[DynamicLayer], cache.layers)
    return [(layer.keys, layer.values) for layer in layers]  # pyright: ignore[reportReturnType]


def cache_of(rows: Rows | None, config: PreTrainedConfig) -> DynamicCache:
    """A cache of these tensors; none: an empty one."""
    return DynamicCache(rows, config=config) if rows else DynamicCache(config=config)


def join(one: Rows, other: Rows) -> Rows:
    """Put two batches one under the other."""
    length = max(one[0][0].shape[-2], other[0][0].shape[-2])

    def both(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return torch.cat([_lengthen(first, length), _lengthen(second, length)])

    return [(both(k1, k2), both(v1, v2)) for (k1, v1), (k2, v2) in zip(one, other, strict=True)]


def pick(rows: Rows, indices: list[int], length: int) -> Rows:
    """Some rows, each cut to its last ``length`` places; copies, so that the rest can be freed."""
    return [
        (keys[indices, :, -length:].clone(), values[indices, :, -length:].clone()) for keys, values in rows
    ]


def first(rows: Rows, length: int) -> Rows:
    """Each row's first ``length`` places; views."""
    return [(keys[:, :, :length], values[:, :, :length]) for keys, values in rows]


def nbytes(rows: Rows) -> int:
    """Memory these tensors take, in bytes."""
    return sum(keys.nbytes + values.nbytes for keys, values in rows)


def _lengthen(tensor: torch.Tensor, length: int) -> torch.Tensor:
    """Pad (B, H, L, D) on the left of L."""
    return pad(tensor, (0, 0, length - tensor.shape[-2], 0))
