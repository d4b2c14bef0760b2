"""Frames are decoded once, around changes more densely, and their features outlive the process."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mm_agent.errors import VisionError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.clips.features import ClipFeatures, ClipSampling
from mm_agent.vision.clips.moments import find_moments
from mm_agent.vision.clips.timeline import timeline


def test_a_second_question_decodes_nothing(encoder: SiglipEncoder, video: Any) -> None:
    clip = encoder.embed_clip(video, "a")
    decoded = video.decoded
    assert decoded >= len(clip) >= 24  # two a second, for twelve seconds
    again = encoder.embed_clip(video, "a")
    find_moments(encoder, again, "cat")
    timeline(encoder, again)
    again.thumb(3)
    assert video.decoded == decoded
    encoder.embed_clip(video, "another content")
    assert video.decoded == 2 * decoded


def test_features_outlive_the_process(siglip_dir: Path, video: Any, tmp_path: Path) -> None:
    first = SiglipEncoder.from_pretrained(siglip_dir, device="cpu", dtype="float32", cache_dir=tmp_path)
    made = first.embed_clip(video, "kept")
    decoded = video.decoded
    second = SiglipEncoder.from_pretrained(siglip_dir, device="cpu", dtype="float32", cache_dir=tmp_path)
    read = second.embed_clip(video, "kept")
    assert video.decoded == decoded
    assert read.duration == made.duration
    assert read.seconds == made.seconds
    assert torch.equal(read.vectors, made.vectors)
    assert read.thumb(5).tobytes() == made.thumb(5).tobytes()
    (file,) = tmp_path.rglob("*.safetensors")
    file.write_bytes(b"cut short")
    third = SiglipEncoder.from_pretrained(siglip_dir, device="cpu", dtype="float32", cache_dir=tmp_path)
    assert torch.allclose(third.embed_clip(video, "kept").vectors, made.vectors)
    assert video.decoded == 2 * decoded


def test_two_questions_at_once_decode_once(siglip_dir: Path, video: Any) -> None:
    encoder = SiglipEncoder.from_pretrained(siglip_dir, device="cpu", dtype="float32")
    found: list[ClipFeatures] = []
    threads = [
        threading.Thread(target=lambda: found.append(encoder.embed_clip(video, "both"))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] is found[1]


def test_a_long_clip_has_no_more_frames_than_allowed(encoder: SiglipEncoder, video: Any) -> None:
    clip = encoder.embed_clip(video, "few", ClipSampling(most=6, closer=0))
    assert clip.seconds == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert video.decoded == 6
    assert ClipSampling().every(3600.0) == 3.0


def test_changes_are_looked_at_more_closely(demo: SiglipEncoder, video: Any) -> None:
    coarse = demo.embed_clip(video, "coarse", ClipSampling(rate=0.4, closer=0))
    fine = demo.embed_clip(video, "fine", ClipSampling(rate=0.4, closer=4))
    for cut in (4.0, 8.0):
        gaps = [
            min(
                after - before
                for before, after in zip(clip.seconds, clip.seconds[1:], strict=False)
                if before < cut <= after
            )
            for clip in (coarse, fine)
        ]
        assert gaps[0] == pytest.approx(2.5)
        assert gaps[1] <= 0.2
    assert float(fine.shares.sum()) == pytest.approx(12.0)


def test_frames_keep_their_true_times_and_look_like_themselves(clip: ClipFeatures) -> None:
    assert clip.seconds == sorted(set(clip.seconds))
    assert clip.duration == pytest.approx(12.0)
    assert clip.vectors.norm(dim=-1).tolist() == pytest.approx([1.0] * len(clip), abs=1e-5)
    strongest = [np.asarray(clip.thumb(clip.nearest(s)))[4, 4].argmax() for s in (2.0, 10.0)]
    assert strongest == [1, 2]  # a green ground, then a blue one
    assert clip.span(0, len(clip) - 1) == (0.0, clip.duration)


def test_a_decoding_error_ends_the_look(encoder: SiglipEncoder, video: Any) -> None:
    def broken(*_: object, **__: object) -> Any:
        yield from ()
        raise RuntimeError("damaged")

    video.walk = broken
    with pytest.raises(RuntimeError, match="damaged"):
        encoder.embed_clip(video, "broken")


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"most": 1}, {"closer": -1}, {"finest": 0.0}])
def test_a_sampling_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(VisionError, match="use rate and finest above 0"):
        ClipSampling(**wrong)
