"""Numbers as a model should read them: short, the same everywhere, honest about tiny scores."""

from __future__ import annotations

from collections.abc import Sequence

from mm_agent.prompt_files import Language, render


def score_words(score: float) -> str:
    """Write a score from 0 to 1: two digits after the point, more for small ones, so that ranks show."""
    if score < 0.0001:
        return "<0.0001" if score > 0 else "0"
    return f"{score:.2f}" if score >= 0.1 else f"{score:.3f}" if score >= 0.01 else f"{score:.4f}"


def percent_words(share: float) -> str:
    """Write a share as whole percent; what would round to nothing is said to be under one."""
    return "<1%" if 0 < share < 0.005 else f"{100 * share:.0f}%"


def seconds_words(seconds: float) -> str:
    """Write a time in seconds to a tenth."""
    return f"{seconds:.1f}"


def list_words(items: Sequence[str], language: Language) -> str:
    """Join words into a list: "a, b, c"."""
    *firsts, rest = items
    for first in reversed(firsts):
        rest = render("evidence_common/pair", language, first=first, rest=rest)
    return rest


def box_words(box: Sequence[int], language: Language) -> str:
    """Write a pixel box as left, top, right, bottom."""
    return render("evidence_common/box", language, box=",".join(str(int(edge)) for edge in box))


def shape_words(shape: Sequence[int]) -> str:
    """Write a shape as 14x14x768."""
    return "x".join(str(length) for length in shape)
