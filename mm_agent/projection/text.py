"""Features and evidence as compact text a language model can read, within a token budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mm_agent.errors import ShapeError
from mm_agent.projection.budget import Line, fit_lines
from mm_agent.projection.evidence_base import Evidence
from mm_agent.projection.map_lines import map_lines
from mm_agent.projection.maps import activation_map, summarise_map, to_array
from mm_agent.prompt_files import Language, render

MAX_TOKENS = 600
"""Default budget: a page of evidence, small beside any model's context."""


def features_to_text(
    features: Any,
    *,
    language: Language = "en",
    max_tokens: int | None = MAX_TOKENS,
    size: tuple[int, int] | None = None,
    cells: int = 3,
) -> str:
    """Put vision features into words: where activation concentrates, how far it spreads, its peaks.

    Activation is how far a patch's feature lies from the picture's mean patch, so no text is needed. What the
    things are is not in this text; labels and scores come from evidence (``evidence_to_text``).

    Args:
        features: Tensor or array: (rows, columns, hidden) of one picture, (N, rows, columns, hidden) of N
            pictures, (B, T, rows, columns, hidden) as ``SiglipVisionTower`` returns it, or a (rows, columns)
            map as it is.
        language: Language of the words.
        max_tokens: Budget in estimated tokens; the least informative lines go first. None: no limit.
        size: (width, height) in pixels of the upright picture or pictures, to say peaks as pixel boxes.
        cells: The n of the n x n grid places are said on; 3 has names, others count rows and columns.

    Raises:
        ShapeError: None of the shapes above, or not finite.
        ProjectionError: Even the shortest text is over the budget; the message says by how much.
    """
    array = to_array(features)
    if not 2 <= array.ndim <= 5 or not array.size:
        raise ShapeError(
            f"features must be (rows, columns), (rows, columns, hidden), (N, rows, columns, hidden) or "
            f"(B, T, rows, columns, hidden), got {array.shape}; pooled vectors have no places to describe"
        )
    lines: list[Line] = []
    for name, picture in _pictures(array, language):
        values = picture if picture.ndim == 2 else activation_map(picture)
        summary = summarise_map(values, size=size, cells=cells)
        lines += map_lines(summary, name, language=language)
    return fit_lines(lines, max_tokens=max_tokens, language=language)


def evidence_to_text(
    evidence: Sequence[Evidence], *, language: Language = "en", max_tokens: int | None = MAX_TOKENS
) -> str:
    """Put several pieces of evidence into one text within one budget; each notice is said once, at the end.

    Raises:
        ProjectionError: Even the shortest text is over the budget; the message says by how much.
    """
    notices = dict.fromkeys(item.notice for item in evidence if item.notice)
    lines = [line for item in evidence for line in item.lines(language)]
    lines += [Line(render("evidence_common/notice", language, notice=notice)) for notice in notices]
    return fit_lines(lines, max_tokens=max_tokens, language=language)


def _pictures(array: NDArray[np.float64], language: Language) -> list[tuple[str, NDArray[np.float64]]]:
    """Name the single pictures (or frames) in an array of two to five axes."""
    if array.ndim <= 3:
        array = array[None]
    if array.ndim <= 4:
        array = array[:, None]  # (B, T, rows, columns[, hidden])
    batch, frames = array.shape[:2]
    return [
        (_name(index, batch, frame, frames, language), array[index, frame])
        for index in range(batch)
        for frame in range(frames)
    ]


def _name(index: int, batch: int, frame: int, frames: int, language: Language) -> str:
    """Say which picture of how many, and which frame where there are several."""
    if batch == frames == 1:
        return render("evidence_map/picture", language)
    numbers = {"index": str(index + 1), "count": str(batch)}
    if frames == 1:
        return render("evidence_map/of", language, **numbers)
    if batch == 1:
        return render("evidence_map/frame", language, frame=str(frame + 1), frames=str(frames))
    return render("evidence_map/frame_of", language, **numbers, frame=str(frame + 1), frames=str(frames))
