"""Parts hang together by their sides, have peaks, and are split between them."""

from __future__ import annotations

import torch

from mm_agent.vision.parts import connected_parts, patches_box, peak_parts, split_at_peaks


def test_parts_hang_together_by_their_sides() -> None:
    grid = torch.tensor([[1, 1, 0], [0, 0, 1], [1, 0, 1]]).bool()
    parts = connected_parts(grid)
    assert sorted(int(part.sum()) for part in parts) == [1, 2, 2]
    assert (torch.stack(parts).sum(0) == grid).all()
    assert connected_parts(torch.zeros(2, 2).bool()) == []


def test_peaks_are_as_warm_as_anything_near_and_warm_enough() -> None:
    heat = torch.tensor([[0.1, 0.9, 0.3, 0.2, 0.7, 0.7, 0.1, 0.4]])
    peaks = peak_parts(heat, 0.5)
    assert [peak[0].nonzero().flatten().tolist() for peak in peaks] == [[1], [4, 5]]
    assert len(peak_parts(heat, 0.35)) == 3


def test_a_part_is_split_between_its_peaks_and_nothing_is_lost() -> None:
    warm = torch.zeros(3, 9).bool()
    warm[1, 1:8] = True
    left, right, elsewhere = (torch.zeros(3, 9).bool() for _ in range(3))
    left[1, 2] = right[1, 6] = elsewhere[0, 0] = True
    pieces = split_at_peaks(warm, [left, right, elsewhere])
    assert [piece[1].nonzero().flatten().tolist() for piece in pieces] == [[1, 2, 3, 4], [5, 6, 7]]
    assert (torch.stack(pieces).sum(0) == warm).all()
    assert split_at_peaks(warm, [left, elsewhere]) == [warm]


def test_a_box_covers_its_patches() -> None:
    mask = torch.zeros(6, 8).bool()
    mask[1:3, 5:8] = True
    assert patches_box(mask, (160, 120)).corners == (100, 20, 160, 60)
