"""Drawn clips: the truth they come with is what can be seen, and what is found in them comes near it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mm_agent.media.video import open_video
from mm_agent.vision.demo.clips import RULES, DrawnClip, Shot, film_clip, sample_clip
from mm_agent.vision.demo.measure_clips import measure_clips, overlap
from mm_agent.vision.demo.scenes import arrange
from mm_agent.vision.encoder import SiglipEncoder


def clip_of(seed: int, scenes: tuple[int, int] = (2, 6)) -> DrawnClip:
    return sample_clip(np.random.default_rng(seed), scenes=scenes)


def test_the_same_seed_gives_the_same_clip() -> None:
    assert clip_of(1) == clip_of(1)
    assert clip_of(1) != clip_of(2)
    assert (clip_of(1).frame(7, 64) == clip_of(1).frame(7, 64)).all()


@pytest.mark.parametrize("seed", range(12))
def test_shots_follow_on_each_other_and_spans_cover_them(seed: int) -> None:
    clip = clip_of(seed)
    assert clip.shots[0].start == 0
    assert all(a.end == b.start for a, b in pairwise(clip.shots))
    for concept in clip.concepts:
        spans = clip.spans(concept)
        seen = sum(shot.end - shot.start for shot in clip.shots if concept in shot.scene.counts)
        assert sum(end - start for start, end in spans) == pytest.approx(seen)
        assert all(a[1] < b[0] for a, b in pairwise(spans))
        assert all(end - start >= 1.5 for start, end in spans)


def test_a_guest_is_drawn_just_while_it_is_there() -> None:
    together = arrange([(0, 1), (5, 1)], np.random.default_rng(3), RULES)
    alone = replace(together, things=together.things[:1])
    clip = DrawnClip((Shot(0, 1, alone), Shot(1, 2, together), Shot(2, 3, alone)), seed=4)
    without = DrawnClip((Shot(0, 3, alone),), seed=4)
    assert clip.spans(5) == ((1, 2),)
    assert clip.spans(0) == ((0, 3),)
    differs = [bool((clip.frame(i, 64) != without.frame(i, 64)).any()) for i in range(clip.frames)]
    assert differs == [False] * 10 + [True] * 10 + [False] * 10


def test_frames_differ_a_little_from_one_to_the_next() -> None:
    clip = clip_of(3)
    first, second = (clip.frame(index, 96).astype(int) for index in (0, 1))
    assert 0 < np.abs(first - second).mean() < 25


def test_a_filmed_clip_has_its_length_and_its_cuts(tmp_path: Path) -> None:
    clip = clip_of(5, scenes=(2, 2))
    film_clip(tmp_path / "clip.mp4", clip, side=96)
    video = open_video(tmp_path / "clip.mp4")
    assert video.info.duration == pytest.approx(clip.duration)
    assert video.info.frames == clip.frames
    cut = clip.shots[-1].start
    frames = [np.asarray(frame.image).astype(int) for frame in video.at([cut - 0.1, cut, cut + 0.1])]
    changes = [np.abs(a - b).mean() for a, b in pairwise(frames)]
    assert changes[0] > 2 * changes[1]


def test_overlap_of_intervals() -> None:
    assert overlap([(0, 2)], [(1, 3)]) == pytest.approx(1 / 3)
    assert overlap([(0, 1), (2, 3)], [(0, 3)]) == pytest.approx(2 / 3)
    assert overlap([], [(0, 1)]) == 0
    assert overlap([], []) == 1


@pytest.mark.slow
def test_moments_and_segments_come_near_the_truth() -> None:
    encoder = SiglipEncoder.from_pretrained("demo", dtype="float32", batch_size=32)
    found = {row.name: row.value for row in measure_clips(encoder, clips=2)}
    assert found["moments, mean temporal IoU"] >= 0.7
    assert found["not there, said so"] >= 0.7
