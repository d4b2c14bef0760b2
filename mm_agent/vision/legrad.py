"""Where in a picture a text fits, by gradients: LeGrad for SigLIP.

Method: LeGrad (arXiv 2404.03214), the variant for towers that end in attention pooling: the pooling head
    reads the patches after every block; the gradient of the text's score by the head's attention, what is
    negative left out, averaged over heads and added up over blocks, is the map. Some patches gain from any
    words: where words that name nothing have their peak, the map is 0, as in the authors' SigLIP variant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

_NAMELESS = "a photo of a"
_SINK = 0.8  # of the nameless map's range, as published


def legrad_heatmap(
    encoder: SiglipEncoder, image: Image.Image, text: str, *, templates: Sequence[str] | None = None
) -> Tensor:
    """How much more of `text` the picture would show if the pooling looked a little more at each patch.

    Returns:
        (rows, cols) from 0 to 1, the warmest patch; comparable within this map only. All 0 where no patch
        helps.

    Raises:
        VisionError: the family has no MAP head (CLIP).
    """
    words = encoder.embed_texts([text], templates=templates)
    texts = torch.cat([words, encoder.embed_texts([_NAMELESS])])  # (2, D)
    gradients = encoder.attention_gradients(image, texts)  # (2, L, heads, rows, cols)
    heat, nameless = gradients.clamp(min=0).mean(dim=2).sum(dim=1)
    return _to_one(heat.masked_fill(_to_one(nameless) > _SINK, 0.0))


def _to_one(heat: Tensor) -> Tensor:
    """Stretched to 0..1; an even map is all 0."""
    low, high = heat.min(), heat.max()
    return (heat - low) / (high - low) if high > low else torch.zeros_like(heat)
