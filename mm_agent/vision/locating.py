"""Where things are: the heat map's warm patches, joined and split to boxes in pixels of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.media.handles import Box
from mm_agent.vision.card import Language
from mm_agent.vision.heatmap import HeatmapMethod, text_heatmap
from mm_agent.vision.parts import connected_parts, patches_box, peak_parts, split_at_peaks
from mm_agent.vision.presence import language_of, own_presence

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

# Best mean IoU of 0.4 to 0.8 on 120 drawn scenes of one to four copies.
_CUTS: dict[HeatmapMethod, float] = {"windows": 0.7, "legrad": 0.4}


@dataclass(frozen=True)
class Location:
    """One place.

    Attributes:
        box: in pixels of the upright picture.
        score: probability of the query for the patches of this place alone.
        peak: the warmest point (x, y) in pixels.
    """

    box: Box
    score: float
    peak: tuple[int, int]


def locate(
    encoder: SiglipEncoder,
    image: Image.Image,
    query: str,
    *,
    max_places: int = 5,
    cut: float | None = None,
    language: Language = "en",
    method: HeatmapMethod = "windows",
    heat: Tensor | None = None,
) -> list[Location]:
    """Places where `query` fits, best first; none when neither the picture nor any part of it reaches the
    threshold.

    Whether it is there is always decided by probabilities: the map's own for ``windows``; for ``legrad``,
    whose map is relative, those of the warm places.

    Args:
        encoder: a SigLIP encoder.
        image: one picture.
        query: a noun or a phrase.
        max_places: how many places at most.
        cut: how warm a patch must be, from 0 (the coldest patch) to 1 (the warmest); None: what fits the
            method best.
        language: of the presence check for vocabulary nouns.
        method: of the heat map, see `mm_agent.vision.heatmap`.
        heat: the map of `text_heatmap` by that method for this picture and query, when it is at hand.

    Raises:
        VisionError: an empty query, a `cut` outside 0..1, or a family without a MAP head (CLIP).
    """
    cut = _CUTS[method] if cut is None else cut
    if not query.strip() or not 0.0 < cut < 1.0 or max_places < 1:
        raise VisionError(
            f"cannot locate {query!r} with cut {cut} and max_places {max_places}; cut lies in 0..1"
        )
    templates = encoder.default_templates(language_of([query]))
    if heat is None:
        heat = text_heatmap(encoder, image, query, method=method, templates=templates)
    masks = torch.stack(_places(heat, method, cut))  # (R, rows, cols)
    words = encoder.embed_texts([query], templates=templates)
    scores = encoder.logits_of(encoder.embed_regions(image, masks), words).sigmoid()[:, 0].tolist()
    best = float(heat.max()) if method == "windows" else max(scores)
    if max(best, own_presence(encoder, image, query, language=language)) < encoder.presence_threshold:
        return []
    places = [
        Location(patches_box(mask, image.size), score, _peak(heat * mask, image.size))
        for mask, score in zip(masks, scores, strict=True)
    ]
    return sorted(places, key=lambda place: place.score, reverse=True)[:max_places]


def _places(heat: Tensor, method: HeatmapMethod, cut: float) -> list[Tensor]:
    """Masks (rows, cols) of the warm parts, those with several peaks split into copies."""
    # probabilities crowd at 0 and 1, their logits do not; LeGrad's map is no probability
    warmth = heat.logit(eps=1e-6) if method == "windows" else heat
    low, high = warmth.min(), warmth.max()
    least = float(low + cut * (high - low))
    peaks = peak_parts(warmth, least)
    return [piece for part in connected_parts(warmth >= least) for piece in split_at_peaks(part, peaks)]


def _peak(heat: Tensor, size: tuple[int, int]) -> tuple[int, int]:
    rows, cols = heat.shape
    row, col = divmod(int(heat.argmax()), cols)
    width, height = size
    return int((col + 0.5) * width / cols), int((row + 0.5) * height / rows)
