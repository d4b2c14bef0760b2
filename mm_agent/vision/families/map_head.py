"""SigLIP's attention-pooling (MAP) head under patch masks: a vector for any part of a picture.

Method: TextRegion (arXiv 2505.23769): the pooling attention sees only the region's patches.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor


def pool_under_masks(head: Any, tokens: Tensor, masks: Tensor) -> Tensor:
    """Pools one picture's patches once per mask.

    The regions are queries that share the picture's keys and values, so R regions cost one projection of the
    patches, not R.

    Args:
        head: transformers' ``SiglipMultiheadAttentionPoolingHead`` (or its SigLIP 2 twin).
        tokens: (N, hidden) patches after the final layer norm.
        masks: (R, N) bool, True on the region's patches; no row may be empty.

    Returns:
        (R, hidden); a mask that is True everywhere gives the picture's own vector.
    """
    probes = head.probe.expand(1, masks.shape[0], -1)  # (1, R, hidden)
    keys = tokens[None]  # (1, N, hidden)
    pooled, _ = head.attention(probes, keys, keys, attn_mask=~masks, need_weights=False)
    return (pooled + head.mlp(head.layernorm(pooled)))[0]
