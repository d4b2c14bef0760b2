"""Counts come from captions that differ in the number only, and zero from absence."""

from __future__ import annotations

import pytest
from PIL import Image

from mm_agent.errors import VisionError
from mm_agent.vision.counting import count_objects
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
