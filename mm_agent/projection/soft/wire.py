"""Soft prompts as vLLM takes them over HTTP: base64 of a tensor (T, D) as ``torch.save`` writes it.

From vLLM's page "Prompt Embedding Inputs" and its ``vllm/renderers/embed_utils.py``, as of mid 2026. The
tensor has two axes, is dense and of a floating type; the server runs with ``--enable-prompt-embeds`` and
casts to its own type.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import torch
from torch import Tensor

from mm_agent.errors import ProjectorError


def prompt_embeds(embeddings: Tensor) -> str:
    """One soft prompt, or one whole prompt, as text.

    Args:
        embeddings: (T, D), best in the number type of the served model.

    Raises:
        ProjectorError: Another shape, no floating type, nothing in it, or numbers that are none.
    """
    if embeddings.ndim != 2 or not embeddings.is_floating_point() or not len(embeddings):
        raise ProjectorError(
            f"a soft prompt on the wire must be floating (T, D), T at least 1; got {embeddings.dtype} "
            f"{tuple(embeddings.shape)}"
        )
    if not embeddings.isfinite().all():
        raise ProjectorError(
            "a soft prompt on the wire holds numbers that are none; look at the picture again"
        )
    buffer = io.BytesIO()
    # A view would be saved together with all it is a view of.
    torch.save(embeddings.detach().cpu().clone(memory_format=torch.contiguous_format), buffer)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def content_part(embeddings: Tensor) -> dict[str, Any]:
    """A soft prompt as a part of a chat message; the server puts its chat template around it."""
    return {"type": "prompt_embeds", "data": prompt_embeds(embeddings)}
