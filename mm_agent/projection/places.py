"""Where something is, in words: the nine fields of a 3x3 grid, or a row and column of a finer one.

Rows run from the top, columns from the left, both as the upright picture is seen.
"""

from __future__ import annotations

from typing import Literal, cast, get_args

from mm_agent.errors import ProjectionError
from mm_agent.prompt_files import Language, render

Place = Literal[
    "top left", "top centre", "top right",
    "middle left", "centre", "middle right",
    "bottom left", "bottom centre", "bottom right",
]  # fmt: skip
PLACES: tuple[Place, ...] = get_args(Place)


def place_at(x: float, y: float, *, width: float, height: float) -> Place:
    """Name the field of the 3x3 grid a point lies in.

    Args:
        x: From the left edge, in the unit of ``width``; points on or past an edge count as inside.
        y: From the top edge, in the unit of ``height``.
        width: Width of the whole picture.
        height: Height of the whole picture.
    """
    row, column = cell_at(x, y, width=width, height=height, cells=3)
    return PLACES[3 * row + column]


def cell_at(x: float, y: float, *, width: float, height: float, cells: int) -> tuple[int, int]:
    """Return the (row, column) of the ``cells`` x ``cells`` grid a point lies in."""
    if width <= 0 or height <= 0:
        raise ProjectionError(f"a picture of {width}x{height} has no places; give its real width and height")
    row = int(y * cells / height)
    column = int(x * cells / width)
    return min(max(row, 0), cells - 1), min(max(column, 0), cells - 1)


def place_words(place: str, language: Language) -> str:
    """Say one of the nine places in a language.

    Raises:
        ProjectionError: ``place`` is not one of ``PLACES``.
    """
    if place not in PLACES:
        raise ProjectionError(f"unknown place '{place}'; use one of: {', '.join(PLACES)}")
    return render(f"places/{cast(str, place).replace(' ', '_')}", language)


def cell_words(row: int, column: int, *, cells: int, language: Language) -> str:
    """Say one field of an n x n grid in words: a place for 3x3, else its row and column counted from 1."""
    if cells == 3:
        return place_words(PLACES[3 * row + column], language)
    return render("places/cell", language, row=str(row + 1), column=str(column + 1))
