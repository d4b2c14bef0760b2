"""SigLIP's attention-pooling (MAP) head taken apart: pooled under patch masks, and its attention's gradients.

Methods: TextRegion (arXiv 2505.23769): the pooling attention sees only the region's patches. LeGrad (arXiv
    2404.03214): what a little more attention on a patch would do to the text's score.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
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


def attention_gradients(head: Any, tokens: Tensor, words: Tensor) -> Tensor:
    """The gradients of the pooled vector's cosines with `words` by each of the pooling attention's weights.

    The attention's output is linear in these weights, so autograd only runs from the score back to that
    output, one vector a layer; the rest is a product with the values. No kernel has to give its attention
    maps away, and no weight gets a gradient.

    Args:
        head: as in `pool_under_masks`.
        tokens: (L, N, hidden) patches after the final layer norm, of L layers.
        words: (M, D) unit vectors of texts.

    Returns:
        (M, L, heads, N) float32.
    """
    attention, heads = head.attention, head.attention.num_heads
    probes = head.probe.expand(len(tokens), -1, -1)  # (L, 1, hidden)
    pooled, _ = attention(probes, tokens, tokens, need_weights=False)  # (L, 1, hidden)
    with torch.inference_mode(False), torch.enable_grad():
        outputs = pooled.repeat(len(words), 1, 1).clone().requires_grad_(True)  # (M · L, 1, hidden)
        vectors = outputs + head.mlp(head.layernorm(outputs))
        units = F.normalize(vectors.float(), dim=-1).view(len(words), len(tokens), -1)  # (M, L, D)
        scores = (units * words.clone().float()[:, None]).sum()
        (upstream,) = torch.autograd.grad(scores, outputs)
    start = 2 * attention.embed_dim  # query, key and value share one projection
    values = F.linear(
        tokens, attention.in_proj_weight[start:], attention.in_proj_bias[start:]
    )  # (L, N, hidden)
    pulls = (upstream @ attention.out_proj.weight).view(
        len(words), len(tokens), heads, -1
    )  # (M, L, heads, d)
    return torch.einsum("lnhd,mlhd->mlhn", values.unflatten(-1, (heads, -1)).float(), pulls.float())
