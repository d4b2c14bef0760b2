"""When a thing can be seen in a clip: intervals of frames that fit a query, or none.

Frame scores are smoothed over neighbours that look alike and put on a scale of the clip's own, 0 its low
level and 1 its high one (the two classes that part the scores best, Otsu 1979), so that a query that scores
low everywhere still has its edges in the right place; whether a moment counts at all is decided by the
encoder's absolute presence threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision.card import Language
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.presence import presence_logits

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

Span = tuple[float, float]

# Log-odds between the low and the high level below which a clip's scores are all one level.
_CONTRAST = 1.5
# A moment scores at least this share of the best one: beside a clear find a faint one is a look-alike.
_BESIDE_THE_BEST = 0.25


@dataclass(frozen=True)
class Moment:
    """An interval in which the query fits.

    Attributes:
        start: seconds.
        end: seconds.
        score: mean probability of the query over the interval's frames.
        peak: seconds of the frame that fits best.
    """

    start: float
    end: float
    score: float
    peak: float


@dataclass(frozen=True)
class Search:
    """A query's moments, best first, and the scores they came from.

    Attributes:
        moments: none when no interval's mean probability reaches the presence threshold.
        scores: (T,) smoothed probability of each frame.
        best: the highest of them.
    """

    moments: tuple[Moment, ...]
    scores: Tensor
    best: float


def find_moments(
    encoder: SiglipEncoder,
    clip: ClipFeatures,
    query: str,
    *,
    most: int = 5,
    language: Language = "en",
) -> Search:
    """Intervals in which `query` fits, at most `most`.

    Args:
        encoder: the encoder that made the features.
        clip: features of a clip.
        query: a noun or a phrase.
        most: how many moments at most.
        language: of the presence check for vocabulary nouns.

    Raises:
        VisionError: an empty query, or `most` below 1.
    """
    if not query.strip() or most < 1:
        raise VisionError(f"cannot look for {query!r}, at most {most} times; give words and 1 or more")
    logits = smoothed(clip, presence_logits(encoder, clip.vectors, query, language=language).double())
    scores = logits.sigmoid()
    found = [_moment(clip, scores, first, last) for first, last in runs(scaled(logits) >= 0.5)]
    found.sort(key=lambda moment: -moment.score)
    least = max(encoder.presence_threshold, _BESIDE_THE_BEST * found[0].score)
    moments = tuple(moment for moment in found if moment.score >= least)
    return Search(moments[:most], scores, float(scores.max()))


def smoothed(clip: ClipFeatures, values: Tensor, *, width: float = 0.5, unlike: float = 0.05) -> Tensor:
    """Values (T,) averaged over neighbours in time that look alike, so that no edge is blurred.

    A bilateral filter (Tomasi and Manduchi 1998): on drawn clips it finds moments as sharply as no smoothing
    and refuses what is absent more often, while smoothing over time alone costs 3 points of IoU.

    Args:
        clip: features of the clip the values belong to.
        values: (T,) one value a frame.
        width: seconds.
        unlike: how far apart, as 1 minus the cosine, two frames' vectors may be to count as alike.
    """
    apart = (clip.times[:, None] - clip.times[None, :]) / width  # (T, T)
    differ = (1 - clip.vectors @ clip.vectors.T).clamp(min=0).double() / unlike
    weights = (-0.5 * apart**2 - differ).exp() * clip.shares
    return (weights @ values) / weights.sum(-1)


def scaled(logits: Tensor) -> Tensor:
    """Log-odds (T,) on the clip's own scale: 0 at its low level, 1 at its high one, 1 throughout when there
    is one level only."""
    low, high = levels(logits)
    return (logits - low) / (high - low) if high - low >= _CONTRAST else torch.ones_like(logits)


def levels(values: Tensor) -> Span:
    """Means of the two classes that part the values best (Otsu 1979)."""
    ordered = values.sort().values
    counts = torch.arange(1, len(ordered), dtype=torch.float64)
    sums = ordered.cumsum(0)
    low, high = sums[:-1] / counts, (sums[-1] - sums[:-1]) / (len(ordered) - counts)
    if not len(counts):
        return float(values[0]), float(values[0])
    best = int((counts * (len(ordered) - counts) * (high - low) ** 2).argmax())
    return float(low[best]), float(high[best])


def runs(mask: Tensor) -> list[tuple[int, int]]:
    """First and last index of each run of True in a mask (T,)."""
    found: list[tuple[int, int]] = []
    for index in mask.nonzero().flatten().tolist():
        if found and found[-1][1] == index - 1:
            found[-1] = (found[-1][0], index)
        else:
            found.append((index, index))
    return found


def _moment(clip: ClipFeatures, scores: Tensor, first: int, last: int) -> Moment:
    """Frames `first` to `last` as a moment."""
    inside, shares = scores[first : last + 1], clip.shares[first : last + 1]
    start, end = clip.span(first, last)
    return Moment(
        start=start,
        end=end,
        score=float((inside * shares).sum() / shares.sum()),
        peak=clip.seconds[first + int(inside.argmax())],
    )
