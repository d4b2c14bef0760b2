"""Measure how well moments and segments are found in drawn clips:

python -m mm_agent.vision.demo.measure_clips --clips 50      # some minutes on two CPU cores

Clips come from fresh seeds, are written as MP4 and read back, as a user's video would be. Every thing in a
clip is asked for, and as many that are not in it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from mm_agent.media.atomic import write_atomic
from mm_agent.media.video import open_video
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.clips.moments import find_moments
from mm_agent.vision.clips.segments import stretches
from mm_agent.vision.demo.clips import DrawnClip, Span, film_clip, sample_clip
from mm_agent.vision.demo.measure import Measurement
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.vocabulary import concepts

# A boundary found this near to a true one, in seconds, is right.
NEAR = 0.5


def measure_clips(encoder: SiglipEncoder, *, clips: int = 50, seed: int = 91) -> list[Measurement]:
    """Mean temporal IoU of moments, right answers about what is absent, and F1 of segment boundaries."""
    ious: list[float] = []
    absent: list[bool] = []
    cuts: list[tuple[int, int, int]] = []
    for index in range(clips):
        rng = np.random.default_rng((seed, index))
        drawn = sample_clip(rng, scenes=(2, 8))
        clip = _watched(encoder, drawn)
        there = drawn.concepts
        others = np.setdiff1d(np.arange(len(concepts())), there)
        ious += [overlap(_found(encoder, clip, concept), drawn.spans(concept)) for concept in there]
        absent += [not _found(encoder, clip, int(c)) for c in rng.choice(others, len(there), replace=False)]
        cuts.append(_boundaries(clip, drawn))
    right, found, true = (sum(column) for column in zip(*cuts, strict=True))
    return [
        Measurement("moments, mean temporal IoU", float(np.mean(ious)), len(ious)),
        Measurement("moments, IoU of 0.5 or more", float(np.mean([iou >= 0.5 for iou in ious])), len(ious)),
        Measurement("not there, said so", float(np.mean(absent)), len(absent)),
        Measurement(f"segment boundaries within {NEAR:g} s, F1", 2 * right / max(found + true, 1), true),
    ]


def overlap(found: Sequence[Span], true: Sequence[Span]) -> float:
    """Temporal intersection over union of two sets of intervals; 1 when both are empty."""
    cuts = sorted({edge for span in (*found, *true) for edge in span})
    both = either = 0.0
    for start, end in pairwise(cuts):
        inside = [any(a <= start and end <= b for a, b in spans) for spans in (found, true)]
        both += (end - start) * all(inside)
        either += (end - start) * any(inside)
    return both / either if either else 1.0


def _watched(encoder: SiglipEncoder, drawn: DrawnClip) -> ClipFeatures:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        film_clip(path, drawn)
        return encoder.embed_clip(open_video(path), f"drawn-{drawn.seed}")


def _found(encoder: SiglipEncoder, clip: ClipFeatures, concept: int) -> list[Span]:
    found = find_moments(encoder, clip, concepts()[concept].en)
    return [(moment.start, moment.end) for moment in found.moments]


def _boundaries(clip: ClipFeatures, drawn: DrawnClip) -> tuple[int, int, int]:
    """How many boundaries are right, how many were found, and how many there are."""
    found = [part.start for part in stretches(clip)[1:]]
    true = [shot.start for shot in drawn.shots[1:]]
    right = sum(any(abs(a - b) <= NEAR for b in found) for a in true)
    return right, len(found), len(true)


def main() -> None:
    """Measure and print; with --out also as JSON."""
    parser = argparse.ArgumentParser(description="Measure moments and segments in drawn clips.")
    parser.add_argument("--vision", default="demo", help="checkpoint to measure")
    parser.add_argument("--clips", type=int, default=50)
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    rows = measure_clips(SiglipEncoder.from_pretrained(options.vision), clips=options.clips)
    for row in rows:
        print(f"{row.name:40} {row.value:6.3f}  ({row.cases} cases)")
    if options.out:
        document = {row.name: {"value": row.value, "cases": row.cases} for row in rows}
        write_atomic(options.out, (json.dumps(document, indent=2) + "\n").encode())


if __name__ == "__main__":
    main()
