"""Places: upright, left is left, in both languages."""

from __future__ import annotations

import pytest

from mm_agent.errors import ProjectionError
from mm_agent.projection.places import PLACES, cell_at, cell_words, place_at, place_words


@pytest.mark.parametrize(
    ("x", "y", "place", "chinese"),
    [
        (10, 10, "top left", "左上"),
        (150, 10, "top centre", "中上"),
        (290, 10, "top right", "右上"),
        (10, 50, "middle left", "左中"),
        (150, 50, "centre", "中央"),
        (290, 50, "middle right", "右中"),
        (10, 95, "bottom left", "左下"),
        (150, 95, "bottom centre", "中下"),
        (290, 95, "bottom right", "右下"),
    ],
)
def test_the_nine_fields_of_a_wide_picture(x: int, y: int, place: str, chinese: str) -> None:
    assert place_at(x, y, width=300, height=100) == place
    assert place_words(place, "en") == place
    assert place_words(place, "zh") == chinese


def test_points_on_and_past_the_edge_count_as_inside() -> None:
    assert place_at(300, 100, width=300, height=100) == "bottom right"
    assert place_at(-5, 130, width=300, height=100) == "bottom left"


def test_finer_grids_count_rows_from_the_top_and_columns_from_the_left() -> None:
    cell = cell_at(90, 10, width=100, height=100, cells=5)
    assert cell == (0, 4)
    assert cell_words(*cell, cells=5, language="en") == "grid row 1 column 5"
    assert cell_words(*cell, cells=5, language="zh") == "网格第 1 行第 5 列"
    assert cell_words(2, 0, cells=3, language="en") == "bottom left"


def test_unknown_places_name_the_known_ones() -> None:
    with pytest.raises(ProjectionError, match="unknown place 'middle'; use one of: top left, top centre"):
        place_words("middle", "en")
    with pytest.raises(ProjectionError, match="0x5 has no places"):
        place_at(0, 0, width=0, height=5)
    assert len(set(PLACES)) == 9
