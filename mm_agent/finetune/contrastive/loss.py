"""The sigmoid loss (Zhai et al. 2023, arXiv 2303.15343) over the pairs of all processes, in chunks.

Each process holds its own pictures and everybody's text vectors, and compares them a process's texts at a
time: no matrix is larger than (b, b), however many processes there are. Pairs with the same picture or the
same words count as right wherever they meet.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor


def sigmoid_loss(images: Tensor, texts: Tensor, ids: Tensor, *, scale: Tensor, bias: Tensor) -> Tensor:
    """This process's share of the loss; its mean over processes is the loss of the whole batch.

    Args:
        images: (b, D) unit picture vectors of this process.
        texts: (b, D) unit text vectors of this process.
        ids: (b, 2) which picture and which words each pair has, the same numbers in every process.
        scale: factor of the cosine.
        bias: added to it.
    """
    total = images.new_zeros(())
    for others, other_ids in zip(_from_all(texts), _ids_from_all(ids), strict=True):
        logits = images @ others.T * scale + bias  # (b, b)
        same = (ids[:, None] == other_ids[None]).any(-1)  # (b, b)
        signs = torch.where(same, 1.0, -1.0)
        total = total - F.logsigmoid(signs * logits).sum()
    return total / len(images)


def _from_all(vectors: Tensor) -> list[Tensor]:
    """Every process's vectors; gradients find their way back."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return [vectors]
    from torch.distributed.nn.functional import all_gather

    return list(all_gather(vectors.contiguous()))


def _ids_from_all(ids: Tensor) -> list[Tensor]:
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return [ids]
    everybody = [torch.empty_like(ids) for _ in range(dist.get_world_size())]
    dist.all_gather(everybody, ids.contiguous())
    return everybody
