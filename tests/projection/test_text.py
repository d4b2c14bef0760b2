"""Features in words: every accepted shape, budgets, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mm_agent.errors import ProjectionError, ShapeError
from mm_agent.projection import estimate_tokens, features_to_text


def test_the_tower_s_shape_says_the_same_as_a_single_picture(two_spots: np.ndarray) -> None:
    single = features_to_text(two_spots)
    assert (
        features_to_text(torch.from_numpy(two_spots)[None, None]) == single
    )  # (B, T, rows, columns, hidden)
    assert features_to_text(two_spots[None]) == single


def test_left_is_left_and_up_is_up(two_spots: np.ndarray) -> None:
    assert "Peak 1: top left" in features_to_text(two_spots)
    assert "Peak 1: top right" in features_to_text(two_spots[:, ::-1])
    assert "Peak 1: bottom left" in features_to_text(two_spots[::-1])


def test_a_map_is_taken_as_it_is() -> None:
    values = np.zeros((6, 6))
    values[0, 5] = 1.0
    assert "Concentrates in: top right (100%)" in features_to_text(values)


def test_spread_is_said_in_words() -> None:
    wide = np.zeros((6, 6))
    wide[:, :3] = 1.0
    assert "Spread: wide, 50%" in features_to_text(wide)
    wide[:, 1:3] = 0.0
    assert "Spread: medium, 17%" in features_to_text(wide)


def test_several_pictures_are_numbered_and_share_the_budget(two_spots: np.ndarray) -> None:
    pictures = np.stack([two_spots, two_spots[::-1]])
    text = features_to_text(pictures, max_tokens=None)
    assert text.index("picture 1 of 2") < text.index("picture 2 of 2")
    less = features_to_text(pictures, max_tokens=estimate_tokens(text) - 1)
    assert estimate_tokens(less) < estimate_tokens(text)
    assert "Peak 1" in less
    assert less.count("Peak 2") < text.count("Peak 2")
    with pytest.raises(ProjectionError, match="over the budget of 20; raise max_tokens to"):
        features_to_text(pictures, max_tokens=20)


@pytest.mark.parametrize("shape", [(8,), (1, 1, 1, 2, 2, 3), (0, 4, 4, 8)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"features must be .*pooled vectors have no places"):
        features_to_text(np.zeros(shape))


def test_numbers_that_are_none_are_refused(two_spots: np.ndarray) -> None:
    two_spots[0, 0, 0] = np.nan
    with pytest.raises(ShapeError, match="finite"):
        features_to_text(two_spots)
