"""Segments and their tags: what the shipped video shows, and how stretches are joined."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mm_agent.vision import SiglipEncoder
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.clips.segments import stretches, typical_frame, unlike
from mm_agent.vision.clips.timeline import timeline
from tests.vision.clips.planted import planted_clip


def test_the_shipped_video_s_scenes_become_segments(demo: SiglipEncoder, clip: ClipFeatures) -> None:
    segments = timeline(demo, clip)
    starts = [segment.start for segment in segments]
    for cut in (4.0, 8.0):
        assert min(abs(start - cut) for start in starts) < 0.3
    assert segments[0].start == 0
    assert segments[-1].end == pytest.approx(12.0)
    assert all(a.end == b.start for a, b in pairwise(segments))
    for seconds, label in ((6.0, "car"), (10.0, "apple")):
        segment = next(part for part in segments if part.start <= seconds < part.end)
        assert segment.tags[0].label == label
        assert label in segment.appears
        assert segment.start <= segment.typical < segment.end
        assert segment.change > 0.3
    assert segments[0].appears == segments[0].leaves == ()


def test_tags_come_in_the_language_asked_for(demo: SiglipEncoder, clip: ClipFeatures) -> None:
    assert "汽车" in {tag.label for part in timeline(demo, clip, language="zh") for tag in part.tags}


def test_like_frames_are_one_stretch_and_a_flash_belongs_to_a_neighbour() -> None:
    scenes = [0] * 8 + [1] * 6 + [2] + [1] * 5
    found = stretches(planted_clip(scenes))
    assert [(part.first, part.last) for part in found] == [(0, 7), (8, 19)]
    assert found[0].end == found[1].start == 3.75


def test_many_scenes_are_joined_down_to_the_limit() -> None:
    clip = planted_clip([scene for scene in range(8) for _ in range(4)])
    assert len(stretches(clip)) == 8
    assert len(stretches(clip, most=5)) == 5
    assert len(stretches(planted_clip([3]))) == 1


def test_the_typical_frame_is_nearest_to_the_mean() -> None:
    clip = planted_clip([0, 0, 1, 0, 0, 0], noise=0.0)
    (whole,) = stretches(clip, alike=0.1)
    assert typical_frame(clip, whole) != 2
    first, second = stretches(planted_clip([0] * 4 + [1] * 4, noise=0.0))
    assert unlike(planted_clip([0] * 4 + [1] * 4, noise=0.0), first, second) == pytest.approx(1.0)
