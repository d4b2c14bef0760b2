"""What a map over the patch grid says: where it concentrates, its peaks, how far it spreads.

A map is a (rows, columns) array, row 0 at the top of the upright picture. Its *background* is its median;
only what rises above it counts, so a thing on a plain ground stands out and an even map says so. Where one
thing fills more than half of the picture it is the background itself, and the rest stands out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mm_agent.errors import ShapeError

FLAT = 1e-6
"""A map whose range is below this share of its largest magnitude is even: it has no peaks."""
HALF = 0.5
"""A peak, and the spread, reach at least this share of the highest peak above the background."""


@dataclass(frozen=True)
class MapPeak:
    """A local maximum: its patch, that patch's pixel box when the size is known, and its strength (0, 1]."""

    row: int
    column: int
    box: tuple[int, int, int, int] | None
    strength: float


@dataclass(frozen=True)
class MapSummary:
    """A map in numbers.

    Attributes:
        rows: Patch rows.
        columns: Patch columns.
        shares: (n, n) share of the map above its background in each field of the n x n grid; adds up to 1,
            or all equal when the map is even.
        peaks: Highest first.
        spread: Share of the patches that reach half of the highest peak; 1.0 for an even map.
        low: Smallest value of the map.
        high: Largest value of the map.
    """

    rows: int
    columns: int
    shares: tuple[tuple[float, ...], ...]
    peaks: tuple[MapPeak, ...]
    spread: float
    low: float
    high: float


def activation_map(patches: Any) -> NDArray[np.float64]:
    """Turn patch features into a map: how far each patch lies from the picture's mean patch (Euclidean).

    Args:
        patches: (rows, columns, hidden) tensor or array.

    Returns:
        (rows, columns), zero or more.
    """
    features = to_array(patches)
    if features.ndim != 3:
        raise ShapeError(
            f"patch features must be (rows, columns, hidden), got {features.shape}; pass one picture"
        )
    return np.linalg.norm(features - features.mean(axis=(0, 1)), axis=-1)  # (rows, columns)


def summarise_map(
    values: Any, *, size: tuple[int, int] | None = None, cells: int = 3, max_peaks: int = 3
) -> MapSummary:
    """Summarise a (rows, columns) map.

    Args:
        values: Tensor or array, row 0 at the top.
        size: (width, height) of the upright picture in pixels, for the peaks' boxes.
        cells: The n of the n x n grid; fewer where the map has fewer patches on a side.
        max_peaks: At most this many peaks.

    Raises:
        ShapeError: Not a finite two-dimensional map.
    """
    grid = to_array(values)
    if grid.ndim != 2 or not grid.size or not np.isfinite(grid).all():
        raise ShapeError(
            f"a map must be a finite (rows, columns) array, got shape {grid.shape}; reduce it first"
        )
    rows, columns = grid.shape
    cells = max(1, min(cells, rows, columns))
    above = np.clip(grid - np.median(grid), 0.0, None)
    low, high = float(grid.min()), float(grid.max())
    if above.max() <= FLAT * max(abs(low), abs(high)):
        even = tuple(tuple(1 / cells**2 for _ in range(cells)) for _ in range(cells))
        return MapSummary(rows, columns, even, (), 1.0, low, high)
    above = above / above.max()
    return MapSummary(
        rows=rows,
        columns=columns,
        shares=_shares(above, cells),
        peaks=_peaks(above, size=size, most=max_peaks),
        spread=float((above >= HALF).mean()),
        low=low,
        high=high,
    )


def patch_box(
    row: int, column: int, *, grid: tuple[int, ...], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the pixels (left, top, right, bottom) a patch covers, for a picture resized whole to the grid.

    Args:
        row: Patch row from the top.
        column: Patch column from the left.
        grid: (rows, columns) of the patches.
        size: (width, height) of the upright picture in pixels.
    """
    (rows, columns), (width, height) = grid, size
    left, top = column * width // columns, row * height // rows
    return left, top, -(-(column + 1) * width // columns), -(-(row + 1) * height // rows)


def to_array(values: Any) -> NDArray[np.float64]:
    """Copy a tensor (any device or dtype) or an array into float64."""
    if hasattr(values, "detach"):
        values = values.detach().float().cpu().numpy()
    return np.asarray(values, dtype=np.float64)


def _shares(above: NDArray[np.float64], cells: int) -> tuple[tuple[float, ...], ...]:
    """Add up the map in each grid field; a patch on a border counts in proportion to its overlap."""
    fields = _overlap(above.shape[0], cells) @ above @ _overlap(above.shape[1], cells).T  # (n, n)
    return tuple(tuple(float(value) for value in row) for row in fields / fields.sum())


def _overlap(patches: int, cells: int) -> NDArray[np.float64]:
    """Say which part of each patch lies in each stretch: (cells, patches), columns add up to 1."""
    edges = np.arange(cells + 1) * patches / cells
    starts = np.arange(patches)
    inside = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return np.clip(inside, 0.0, 1.0)


def _peaks(above: NDArray[np.float64], *, size: tuple[int, int] | None, most: int) -> tuple[MapPeak, ...]:
    """Find local maxima at least half as high as the highest; touching maxima count once."""
    found: list[MapPeak] = []
    for index in np.argsort(-above, axis=None, kind="stable"):
        row, column = divmod(int(index), above.shape[1])
        strength = float(above[row, column])
        if strength < HALF or len(found) == most:
            break
        around = above[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        touches = any(max(abs(row - peak.row), abs(column - peak.column)) <= 1 for peak in found)
        if strength == around.max() and not touches:
            box = patch_box(row, column, grid=above.shape, size=size) if size else None
            found.append(MapPeak(row, column, box, strength))
    return tuple(found)
