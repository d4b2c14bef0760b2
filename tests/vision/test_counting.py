"""Counts come from captions that differ in the number only, and zero from absence."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from mm_agent.errors import VisionError
from mm_agent.vision.counting import count_objects
from mm_agent.vision.peaks import count_peaks, with_peaks
from tests.vision.planted import PlantedEncoder, planted

PICTURE = Image.new("RGB", (8, 8))


def test_the_best_fitting_caption_wins() -> None:
    encoder = planted({"a photo of 1 cat": 0.5, "a photo of 2 cats": 0.9, "a photo of 3 cats": 0.6})
    estimate = count_objects(encoder, PICTURE, "cats")
    assert (estimate.noun, estimate.about) == ("cats", 2)
    assert len(estimate.probabilities) == 4
    assert sum(estimate.probabilities) == pytest.approx(1)
    assert estimate.probabilities[1] > 0.9
    assert estimate.presence > 0.9


def test_what_is_not_there_counts_zero() -> None:
    estimate = count_objects(planted({}), PICTURE, "dog")
    assert estimate.about == 0
    assert estimate.presence < 0.01


def test_presence_also_comes_from_the_plain_label() -> None:
    assert count_objects(planted({"a photo of cat": 0.9}), PICTURE, "cats").about >= 1


def test_a_kind_of_it_that_is_there_is_named() -> None:
    estimate = count_objects(planted({"a photo of dog": 0.9}), PICTURE, "animals")
    assert estimate.about >= 1
    assert estimate.label == "dog"
    assert count_objects(planted({"a photo of 2 animals": 0.9}), PICTURE, "animals").label == "animal"


def test_chinese_captions_use_the_measure_word() -> None:
    encoder = planted({"两只猫的照片": 0.9})
    assert count_objects(encoder, PICTURE, "猫", language="zh").about == 2
    assert isinstance(encoder, PlantedEncoder)
    assert "三只猫的照片" in encoder.seen


def test_a_softmax_family_ranks_against_the_vocabulary() -> None:
    there = planted({"a photo of cat": 0.9, "a photo of 3 cats": 0.9}, score_mode="softmax")
    assert count_objects(there, PICTURE, "cat").about == 3
    assert count_objects(planted({"a photo of dog": 0.9}, score_mode="softmax"), PICTURE, "cat").about == 0


@pytest.mark.parametrize(("noun", "most"), [(" ", 4), ("cat", 0)])
def test_bad_arguments_are_refused(noun: str, most: int) -> None:
    with pytest.raises(VisionError, match="give a noun and a max_count"):
        count_objects(planted({}), PICTURE, noun, max_count=most)


def spots(*places: tuple[int, int]) -> torch.Tensor:
    """A cold 8 x 8 map with a warm patch at each place."""
    heat = torch.full((8, 8), 0.001)
    for row, column in places:
        heat[row, column] = 0.9
    return heat


def test_peaks_are_counted_apart() -> None:
    assert count_peaks(spots((0, 0))) == 1
    assert count_peaks(spots((0, 0), (0, 2), (5, 5))) == 3
    assert count_peaks(spots((3, 3), (3, 4))) == 1  # one thing, two patches
    assert count_peaks(torch.full((8, 8), 0.3)) == 1  # an even map
    checks = (torch.arange(64).view(8, 8) // 8 % 2 == 0) & (torch.arange(64).view(8, 8) % 2 == 0)
    assert count_peaks(checks * 0.9 + 0.01) == 9  # a texture


def test_low_hills_are_no_peaks() -> None:
    heat = spots((0, 0), (4, 4))
    heat[7, 0] = 0.004
    assert count_peaks(heat) == 2


def test_finer_grids_need_more_patches_between_peaks() -> None:
    coarse = spots((2, 2), (2, 6))
    fine = coarse.repeat_interleave(4, 0).repeat_interleave(4, 1)
    fine[8, 8] = 0.95
    fine[11, 11] = 0.94  # a second bump on the same thing
    assert count_peaks(fine) == 2


def test_captions_and_peaks_correct_each_other() -> None:
    unsure = torch.tensor([0.05, 0.4, 0.45, 0.1]).log()
    assert int(with_peaks(unsure, 2).argmax()) + 1 == 2
    assert int(with_peaks(unsure, 3).argmax()) + 1 == 3
    sure = torch.tensor([0.001, 0.99, 0.008, 0.001]).log()
    assert int(with_peaks(sure, 4).argmax()) + 1 == 2
    assert int(with_peaks(sure, 9).argmax()) + 1 == 2  # nor does a texture overrule it


def test_peaks_go_on_where_captions_end() -> None:
    four_or_more = torch.tensor([0.01, 0.04, 0.15, 0.8]).log()
    found = with_peaks(four_or_more, 6)
    assert len(found) == 6
    assert int(found.argmax()) + 1 == 6
    assert len(with_peaks(four_or_more, 2)) == 4


@pytest.mark.parametrize(("things", "about"), [(3, 4), (5, 4), (6, 6)])
def test_the_estimate_uses_the_map(things: int, about: int) -> None:
    """Captions are sure of four; one peak more does not outdo them, two do."""
    hot = torch.zeros(6, 8, dtype=torch.bool)
    for row, column in [(0, 0), (0, 3), (0, 6), (4, 0), (4, 3), (4, 6)][:things]:
        hot[row, column] = True
    estimate = count_objects(planted({"a photo of 4 cats": 0.9}, hot=hot), PICTURE, "cats")
    assert estimate.peaks == things
    assert estimate.about == about
    assert len(estimate.probabilities) == max(4, about)
    assert sum(estimate.probabilities) == pytest.approx(1)
