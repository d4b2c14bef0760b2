"""Moments: where a thing is, that it is nowhere, and the arithmetic behind both."""

from __future__ import annotations

import pytest
import torch

from mm_agent.errors import VisionError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.clips.moments import find_moments, levels, runs, scaled, smoothed
from tests.vision.clips.planted import planted_clip


@pytest.mark.parametrize(
    ("query", "start", "end"), [("cat", 0, 4), ("cars", 4, 8), ("an apple", 8, 12), ("汽车", 4, 8)]
)
def test_each_thing_of_the_shipped_video_is_found(
    query: str, start: float, end: float, demo: SiglipEncoder, clip: ClipFeatures
) -> None:
    language = "zh" if query == "汽车" else "en"
    (moment,) = find_moments(demo, clip, query, language=language).moments
    assert moment.start == pytest.approx(start, abs=0.3)
    assert moment.end == pytest.approx(end, abs=0.3)
    assert start <= moment.peak <= end
    assert moment.score >= demo.presence_threshold


@pytest.mark.parametrize("query", ["penguin", "guitar", "吉他"])
def test_what_is_not_there_is_not_found(query: str, demo: SiglipEncoder, clip: ClipFeatures) -> None:
    search = find_moments(demo, clip, query, language="zh" if query == "吉他" else "en")
    assert search.moments == ()
    assert search.best < demo.presence_threshold
    assert search.scores.shape == (len(clip),)


def test_a_faint_find_beside_a_clear_one_is_a_look_alike(demo: SiglipEncoder, clip: ClipFeatures) -> None:
    moments = find_moments(demo, clip, "car").moments
    assert all(moment.score >= 0.25 * moments[0].score for moment in moments)


def test_at_most_as_many_as_asked_for(demo: SiglipEncoder, clip: ClipFeatures) -> None:
    assert len(find_moments(demo, clip, "cat", most=1).moments) == 1
    with pytest.raises(VisionError, match="give words and 1 or more"):
        find_moments(demo, clip, "cat", most=0)
    with pytest.raises(VisionError, match="give words"):
        find_moments(demo, clip, " ")


def test_clip_families_find_moments_too(clip_encoder: SiglipEncoder) -> None:
    features = planted_clip([0, 0, 1, 1])
    vectors = torch.nn.functional.normalize(torch.randn(4, clip_encoder.embed_dim), dim=-1)
    other = ClipFeatures(2.0, features.times, vectors, features.thumbs, features.ends)
    search = find_moments(clip_encoder, other, "cat")
    assert search.moments == ()  # random weights prefer no label to all the others together
    assert 0 <= search.best <= 1


def test_the_levels_part_low_from_high() -> None:
    assert levels(torch.tensor([-9.0, -8.0, -9.0, 2.0, 3.0], dtype=torch.float64)) == pytest.approx(
        (-8.667, 2.5), abs=0.01
    )
    assert levels(torch.tensor([1.5], dtype=torch.float64)) == (1.5, 1.5)


def test_one_level_throughout_is_no_contrast() -> None:
    even = torch.tensor([-1.0, -1.2, -0.9, -1.1])
    assert scaled(even).tolist() == [1.0] * 4
    apart = scaled(torch.tensor([-8.0, -8.0, 2.0, 2.0]))
    assert apart.tolist() == pytest.approx([0, 0, 1, 1])


def test_smoothing_removes_a_single_frame_but_blurs_no_edge() -> None:
    clip = planted_clip([0] * 6 + [1] * 6, noise=0.0)
    values = torch.tensor([0.0] * 6 + [1.0] * 6, dtype=torch.float64)
    assert smoothed(clip, values).tolist() == pytest.approx(values.tolist(), abs=1e-6)
    blip = torch.zeros(12, dtype=torch.float64)
    blip[3] = 1.0
    assert float(smoothed(clip, blip).max()) < 0.5


def test_runs_are_first_and_last() -> None:
    assert runs(torch.tensor([True, True, False, True])) == [(0, 1), (3, 3)]
    assert runs(torch.zeros(3, dtype=torch.bool)) == []
