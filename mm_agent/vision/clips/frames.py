"""Which frames of a clip to look at: spread evenly, by the second, one a scene, or where a query fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision.card import Language
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.clips.segments import stretches, typical_frame
from mm_agent.vision.presence import presence_logits

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

Strategy = Literal["uniform", "fps", "scene", "query"]

# Frames whose vectors are more alike than this tell nothing new.
DUPLICATE = 0.93
# BOLT's exponent: higher keeps closer to the frames that fit best.
_SHARPNESS = 2.5


def choose_frames(
    clip: ClipFeatures,
    *,
    strategy: Strategy = "uniform",
    most: int = 8,
    fps: float = 1.0,
    scores: Tensor | None = None,
) -> list[int]:
    """Indices of at most `most` frames, in order of time; some may look alike, see `without_duplicates`.

    Args:
        clip: features of a clip.
        strategy: uniform (evenly over the clip), fps (`fps` frames a second, spread out when these are too
            many), scene (the most typical frame of each scene, longest scenes first) or query (where
            `scores` are high: BOLT's inverse-transform sampling, arXiv 2503.21483).
        most: how many frames.
        fps: frames a second, for fps.
        scores: (T,) how well each frame fits a query, any scale; for query.

    Raises:
        VisionError: `most` below 1, `fps` not above 0, or query without scores.
    """
    if most < 1 or not fps > 0:
        raise VisionError(f"cannot choose {most} frames at {fps} a second; use 1 or more, and above 0")
    if strategy == "scene":
        longest = sorted(stretches(clip), key=lambda part: part.start - part.end)[:most]
        chosen = sorted(typical_frame(clip, part) for part in longest)
    elif strategy == "query":
        if scores is None:
            raise VisionError("strategy 'query' needs a query to score the frames; give one")
        chosen = by_inverse_transform(clip, scores, most)
    else:
        count = most if strategy == "uniform" else min(most, max(1, round(clip.duration * fps)))
        chosen = [clip.nearest(clip.duration * (step + 0.5) / count) for step in range(count)]
    return list(dict.fromkeys(chosen))


def by_inverse_transform(clip: ClipFeatures, scores: Tensor, count: int) -> list[int]:
    """BOLT: scores from 0 to 1, sharpened, become a distribution over time; its even quantiles are taken.

    Unlike the best-scoring frames alone it keeps some of every part that fits, and unlike AKS it needs no
    depth or threshold. Each frame weighs the time it stands for.
    """
    low, high = float(scores.min()), float(scores.max())
    fit = (scores.double() - low) / (high - low) if high > low else torch.ones(len(clip), dtype=torch.float64)
    total = (fit**_SHARPNESS * clip.shares).cumsum(0)
    wanted = (torch.arange(count, dtype=torch.float64) + 0.5) / count * total[-1]
    return torch.searchsorted(total, wanted).clamp(max=len(clip) - 1).tolist()


def without_duplicates(clip: ClipFeatures, chosen: list[int]) -> list[int]:
    """The frames that look like none taken before them."""
    kept: list[int] = []
    for index in chosen:
        if not kept or float((clip.vectors[kept] @ clip.vectors[index]).max()) < DUPLICATE:
            kept.append(index)
    return kept


def query_scores(
    encoder: SiglipEncoder, clip: ClipFeatures, query: str, *, language: Language = "en"
) -> Tensor:
    """Probability of a query in each frame, (T,)."""
    return presence_logits(encoder, clip.vectors, query, language=language).sigmoid()
