"""How well two sets, boxes or stretches of time agree, from 0 to 1."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mm_agent.vision.demo.measure_clips import overlap as span_iou

__all__ = ["box_iou", "set_f1", "span_iou"]


def set_f1(found: Collection[str], true: Collection[str]) -> float:
    """F1 of a set against the true one, case aside; 1 when both are empty."""
    ours, theirs = {word.lower() for word in found}, {word.lower() for word in true}
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours or theirs else 1.0


def box_iou(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(width, 0.0) * max(height, 0.0)
    either = _area(one) + _area(other) - both
    return both / either if either > 0 else 0.0


def _area(box: Sequence[float]) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)
