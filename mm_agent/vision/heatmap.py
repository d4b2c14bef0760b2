"""Where in a picture a text fits: one map a picture and text, by one of two methods.

- ``windows`` needs no gradients: TextRegion (arXiv 2505.23769), the MAP head over sliding windows. Its values
  are probabilities that can be compared between pictures, texts and with ``presence_threshold``.
- ``legrad`` asks the gradients (`mm_agent.vision.legrad`). Its values only rank the patches of one map: the
  warmest is 1 even where the thing is not there at all.

GEM and CLIP-Surgery do not transfer to SigLIP. Pointing accuracies of both are in docs/demo-model.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision.legrad import legrad_heatmap

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

HeatmapMethod = Literal["windows", "legrad"]
METHODS: tuple[HeatmapMethod, ...] = get_args(HeatmapMethod)

# Window sides as parts of the grid's shorter side, besides single patches: large windows see whole things,
# small ones see where they end. On drawn scenes the peak lies inside the thing in 98 % of 120 cases with
# single patches and in 70 % without.
_PARTS = (3, 5)


def text_heatmap(
    encoder: SiglipEncoder,
    image: Image.Image,
    text: str,
    *,
    method: HeatmapMethod = "windows",
    templates: Sequence[str] | None = None,
) -> Tensor:
    """How well `text` fits each patch of `image`.

    Args:
        encoder: a SigLIP encoder.
        image: one picture.
        text: what to look for.
        method: windows (calibrated, points better) or legrad (relative), see above.
        templates: see `SiglipEncoder.embed_texts`.

    Returns:
        (rows, cols) in [0, 1]; upright, row 0 at the top. Only `windows` gives probabilities.

    Raises:
        VisionError: no such method, or the family has no MAP head (CLIP).
    """
    if method not in METHODS:
        raise VisionError(f"heat map method {method!r} does not exist; use {' or '.join(METHODS)}")
    make = window_heatmap if method == "windows" else legrad_heatmap
    return make(encoder, image, text, templates=templates)


def window_heatmap(
    encoder: SiglipEncoder, image: Image.Image, text: str, *, templates: Sequence[str] | None = None
) -> Tensor:
    """Every window of patches is pooled and scored as if it were the picture; a patch gets the mean logit of
    the windows that cover it, as a probability. All windows go through the MAP head in one batch.

    Returns:
        (rows, cols) sigmoid probabilities.
    """
    rows, cols = encoder.grid_for(image)
    masks, cover = _windows(rows, cols)
    vectors = encoder.embed_regions(image, masks)  # (R, D)
    words = encoder.embed_texts([text], templates=templates)  # (1, D)
    logits = encoder.logits_of(vectors, words)[:, 0]  # (R,)
    return (logits @ cover).sigmoid().reshape(rows, cols)


@lru_cache(maxsize=32)
def _windows(rows: int, cols: int) -> tuple[Tensor, Tensor]:
    """Masks (R, rows, cols) of all windows, and the matrix (R, rows · cols) that spreads them on patches."""
    sides = sorted({1} | {max(1, round(min(rows, cols) / part)) for part in _PARTS})
    scales = [window_masks(rows, cols, side) for side in sides]
    covers = [scale.flatten(1).float() for scale in scales]
    cover = torch.cat([one / one.sum(0) for one in covers]) / len(covers)
    return torch.cat(scales), cover


def window_masks(rows: int, cols: int, side: int) -> Tensor:
    """Every `side` × `side` window of a grid at stride 1, (R, rows, cols) bool, row by row."""
    down, across = min(side, rows), min(side, cols)
    tops, lefts = rows - down + 1, cols - across + 1
    masks = torch.zeros(tops, lefts, rows, cols, dtype=torch.bool)
    for top in range(tops):
        for left in range(lefts):
            masks[top, left, top : top + down, left : left + across] = True
    return masks.flatten(0, 1)
