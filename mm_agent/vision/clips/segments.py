"""Where a clip changes: its frames in stretches that look alike."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.vision.clips.features import ClipFeatures

# Stretches whose mean vectors are more alike than this are one; shorter ones belong to a neighbour. On drawn
# clips boundaries within half a second reach an F1 of 0.97 here and 0.90 or more from 0.80 to 0.90. Colour
# histograms come as far at their best cut, but fall to 0.82 beside it.
ALIKE = 0.86
SHORTEST_S = 0.7


@dataclass(frozen=True)
class Stretch:
    """Frames ``first`` to ``last`` of a clip's features, which look alike.

    Attributes:
        first: index of the first frame.
        last: index of the last frame.
        start: seconds, half way from the frame before.
        end: seconds, half way to the frame after.
    """

    first: int
    last: int
    start: float
    end: float


def stretches(clip: ClipFeatures, *, alike: float = ALIKE, most: int = 40) -> list[Stretch]:
    """The clip in stretches, from the bottom up: the two neighbours most alike are joined, again and again.

    Args:
        clip: features of a clip.
        alike: cosine of two stretches' mean vectors above which they are joined.
        most: how many stretches at most; beyond it even unlike neighbours are joined.
    """
    shares = clip.shares
    sums = list((clip.vectors.double() * shares[:, None]).unbind())  # each stretch's sum of vectors (D,)
    lengths = shares.tolist()
    starts = list(range(len(clip)))  # index of each stretch's first frame
    nearness = [_cosine(a, b) for a, b in pairwise(sums)]
    while nearness:
        index = _next_join(nearness, lengths, alike=alike, full=len(sums) > most)
        if index is None:
            break
        sums[index] = sums[index] + sums.pop(index + 1)
        lengths[index] += lengths.pop(index + 1)
        starts.pop(index + 1)
        nearness.pop(index)
        for side in (index - 1, index):
            if 0 <= side < len(nearness):
                nearness[side] = _cosine(sums[side], sums[side + 1])
    edges = [*starts, len(clip)]
    return [_stretch(clip, a, b - 1) for a, b in pairwise(edges)]


def typical_frame(clip: ClipFeatures, stretch: Stretch) -> int:
    """Index of the frame nearest to its stretch's mean vector."""
    vectors = clip.vectors[stretch.first : stretch.last + 1]
    shares = clip.shares[stretch.first : stretch.last + 1, None]
    return stretch.first + int((vectors @ (vectors * shares).sum(0).float()).argmax())


def _next_join(nearness: list[float], lengths: list[float], *, alike: float, full: bool) -> int | None:
    """The pair of neighbours to join next: the most alike, then any pair with too short a stretch in it."""
    best = max(range(len(nearness)), key=nearness.__getitem__)
    if nearness[best] >= alike or full:
        return best
    short = [index for index in range(len(nearness)) if min(lengths[index : index + 2]) < SHORTEST_S]
    return max(short, key=nearness.__getitem__) if short else None


def _cosine(a: Tensor, b: Tensor) -> float:
    return float(F.cosine_similarity(a, b, dim=0))


def _stretch(clip: ClipFeatures, first: int, last: int) -> Stretch:
    return Stretch(first, last, *clip.span(first, last))


def unlike(clip: ClipFeatures, a: Stretch, b: Stretch) -> float:
    """How much two stretches differ: 0 the same, 1 nothing in common (1 minus the cosine of their means)."""
    means = [
        (clip.vectors[part.first : part.last + 1] * clip.shares[part.first : part.last + 1, None]).sum(0)
        for part in (a, b)
    ]
    return 1 - _cosine(*torch.stack(means).double().unbind())
