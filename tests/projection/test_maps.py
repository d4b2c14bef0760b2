"""Maps in numbers: fields, peaks and spread against hand-made truths."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mm_agent.errors import ShapeError
from mm_agent.projection.maps import activation_map, patch_box, summarise_map


def test_a_corner_is_found_where_it_is() -> None:
    for row, column, field in (
        (0, 0, (0, 0)),
        (0, 8, (0, 2)),
        (8, 0, (2, 0)),
        (4, 4, (1, 1)),
        (8, 8, (2, 2)),
    ):
        values = np.zeros((9, 9))
        values[row, column] = 5.0
        summary = summarise_map(values)
        assert summary.shares[field[0]][field[1]] == pytest.approx(1.0)
        assert [(peak.row, peak.column, peak.strength) for peak in summary.peaks] == [(row, column, 1.0)]
        assert summary.spread == pytest.approx(1 / 81)


def test_a_patch_on_a_border_is_shared_by_its_overlap() -> None:
    values = np.zeros((4, 4))
    values[0, 1] = 1.0  # columns 1..2 of 4 cross the field border at 4/3
    shares = summarise_map(values).shares
    assert shares[0] == pytest.approx((1 / 3, 2 / 3, 0.0))
    assert sum(map(sum, shares)) == pytest.approx(1.0)


def test_an_even_map_has_no_peaks_whatever_its_level() -> None:
    for level in (0.0, 3.0, -3.0, 1e-9):
        summary = summarise_map(np.full((6, 6), level))
        assert summary.peaks == ()
        assert summary.spread == 1.0
        assert summary.shares[1][1] == pytest.approx(1 / 9)


def test_peaks_are_ranked_apart_and_high_enough() -> None:
    values = np.zeros((9, 12))
    values[1, 1], values[1, 2] = 1.0, 1.0  # a plateau counts once
    values[7, 10], values[4, 6] = 0.8, 0.3  # the last is below half
    peaks = summarise_map(values, size=(240, 90)).peaks
    assert [(peak.row, peak.column) for peak in peaks] == [(1, 1), (7, 10)]
    assert [peak.box for peak in peaks] == [(20, 10, 40, 20), (200, 70, 220, 80)]
    assert peaks[1].strength == pytest.approx(0.8)
    assert len(summarise_map(values, max_peaks=1).peaks) == 1


def test_boxes_cover_a_picture_that_does_not_divide() -> None:
    boxes = [patch_box(0, column, grid=(1, 3), size=(10, 7)) for column in range(3)]
    assert boxes == [(0, 0, 4, 7), (3, 0, 7, 7), (6, 0, 10, 7)]


def test_activation_is_the_distance_from_the_mean_patch() -> None:
    features = torch.zeros(2, 2, 3, dtype=torch.bfloat16)
    features[0, 1] = torch.tensor([4.0, 0.0, 0.0])
    assert activation_map(features) == pytest.approx(np.array([[1.0, 3.0], [1.0, 1.0]]))


def test_small_grids_are_cut_into_fewer_fields() -> None:
    assert summarise_map(np.eye(2)).shares == ((0.5, 0.0), (0.0, 0.5))


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((0, 3)), np.full((2, 2), np.nan)])
def test_what_is_not_a_map_is_refused(values: np.ndarray) -> None:
    with pytest.raises(ShapeError, match="a map must be a finite"):
        summarise_map(values)


def test_one_picture_at_a_time() -> None:
    with pytest.raises(ShapeError, match=r"must be \(rows, columns, hidden\), got \(1, 2, 2, 3\)"):
        activation_map(np.zeros((1, 2, 2, 3)))
