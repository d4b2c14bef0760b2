"""Frame choices: evenly, by the second, a scene each, and where a query fits."""

from __future__ import annotations

import pytest
import torch

from mm_agent.errors import VisionError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.clips.frames import (
    by_inverse_transform,
    choose_frames,
    query_scores,
    without_duplicates,
)
from tests.vision.clips.planted import planted_clip


def test_uniform_frames_lie_in_the_middle_of_equal_parts() -> None:
    clip = planted_clip([0] * 40)  # 20 seconds
    chosen = choose_frames(clip, strategy="uniform", most=4)
    assert [clip.seconds[index] for index in chosen] == [2.5, 7.5, 12.5, 17.5]


def test_frames_by_the_second_stop_at_the_limit() -> None:
    clip = planted_clip([0] * 20)  # 10 seconds
    assert len(choose_frames(clip, strategy="fps", most=32)) == 10
    assert len(choose_frames(clip, strategy="fps", most=32, fps=0.5)) == 5
    assert len(choose_frames(clip, strategy="fps", most=4)) == 4


def test_each_scene_gives_a_frame_and_the_longest_come_first() -> None:
    clip = planted_clip([0] * 4 + [1] * 10 + [2] * 6)
    scene = [0] * 4 + [1] * 10 + [2] * 6
    assert [scene[index] for index in choose_frames(clip, strategy="scene", most=8)] == [0, 1, 2]
    assert [scene[index] for index in choose_frames(clip, strategy="scene", most=2)] == [1, 2]


def test_query_frames_go_where_the_query_fits(demo: SiglipEncoder, clip: ClipFeatures) -> None:
    scores = query_scores(demo, clip, "car")
    chosen = choose_frames(clip, strategy="query", most=6, scores=scores)
    assert all(3.9 <= clip.seconds[index] < 8.1 for index in chosen)
    assert chosen == sorted(chosen)
    with pytest.raises(VisionError, match="needs a query"):
        choose_frames(clip, strategy="query")


def test_inverse_transform_keeps_some_of_every_part_that_fits() -> None:
    clip = planted_clip([0] * 30)
    scores = torch.full((30,), 0.01)
    scores[5:10] = 0.9
    scores[20:25] = 0.7
    chosen = by_inverse_transform(clip, scores, 8)
    first, second = (sum(a <= index < b for index in chosen) for a, b in ((5, 10), (20, 25)))
    assert first + second == 8
    assert first >= second >= 2
    assert by_inverse_transform(clip, torch.ones(30), 3) == [5, 15, 25]  # no difference: evenly


def test_look_alikes_are_taken_once() -> None:
    clip = planted_clip([0, 0, 1, 1, 0], noise=0.0)
    assert without_duplicates(clip, [0, 1, 2, 3, 4]) == [0, 2]


@pytest.mark.parametrize("wrong", [{"most": 0}, {"fps": 0.0}])
def test_impossible_choices_are_refused(wrong: dict[str, float], clip: ClipFeatures) -> None:
    with pytest.raises(VisionError, match="use 1 or more, and above 0"):
        choose_frames(clip, **wrong)  # pyright: ignore[reportArgumentType]
