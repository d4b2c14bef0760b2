"""How many separate peaks a heat map has, and what that says about a count.

Captions that differ in the number, and peaks, go wrong in different pictures, so both together count better:
for 1,480 questions about drawn scenes of one to four copies 91.4 % right after 89.5 % by captions alone
(with a step of 1, which does as well). Peaks go on where captions end.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mm_agent.vision.parts import peak_parts

MOST = 9
"""Peaks beyond this are a texture, not things."""

# Fitted on drawn scenes; heights of 0.5 to 0.75, and steps of 0.3 to 1, do nearly as well.
_HEIGHT = 0.6  # how high a peak must be, from the coldest logit (0) to the warmest (1)
_STEP = 0.5  # what each copy too many or too few costs a count, as a log-probability
_BEYOND = 0.6  # what a count beyond the captions costs: one peak too many is not enough for it
_WORST = 1.5  # at most this, so that a map of another grain cannot overrule captions that are sure


def count_peaks(heat: Tensor) -> int:
    """The number of separate peaks of a ``windows`` heat map (rows, cols) of probabilities, 1 to `MOST`."""
    logits = heat.logit(eps=1e-6)
    low, high = logits.min(), logits.max()
    return min(len(peak_parts(logits, float(low + _HEIGHT * (high - low)))), MOST)


def with_peaks(scores: Tensor, peaks: int) -> Tensor:
    """Scores of counts by captions, corrected by the number of peaks.

    Args:
        scores: (n,) log-probabilities, up to a constant, of 1, 2, ... and "n or more".
        peaks: from `count_peaks`.

    Returns:
        (m,) the same for 1, 2, ... up to n or, if that is more, the number of peaks.
    """
    counts = torch.arange(1, max(len(scores), peaks) + 1)
    by_captions = scores[counts.clamp(max=len(scores)) - 1] - _BEYOND * (counts > len(scores))
    return by_captions - (_STEP * (counts - peaks).abs()).clamp(max=_WORST)
