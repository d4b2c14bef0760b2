"""Draw clips: scenes that change over time, with the truth about when each thing can be seen.

A ``DrawnClip`` is data, a row of shots; ``frame`` turns a moment of it into pixels. Things drift, the camera
pans and shakes, guests come and go within a shot. The same seed gives the same clip.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mm_agent.errors import MediaRefused
from mm_agent.media.opencv import cv2
from mm_agent.vision.demo.scenes import Scene, SceneRules, Thing, arrange, draw
from mm_agent.vision.vocabulary import concepts

Span = tuple[float, float]

# Things large enough to be known, in the styles of training; what is measured is time, not looks.
RULES = SceneRules(styles=("noto",), sides=(0.34, 0.5), angle=12)
SHORTEST_VISIT = 1.5
DRIFT, PAN, SHAKE = 0.02, 0.03, 0.003
"""How far things drift and the camera pans and shakes, as shares of the picture's side."""


@dataclass(frozen=True)
class Shot:
    """A scene that lasts from ``start`` to just before ``end``, in seconds."""

    start: float
    end: float
    scene: Scene


@dataclass(frozen=True)
class DrawnClip:
    """Shots one after the other; ``seed`` fixes the camera's movement, ``rate`` is frames a second."""

    shots: tuple[Shot, ...]
    seed: int
    rate: int = 10

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.shots[-1].end

    @property
    def concepts(self) -> tuple[int, ...]:
        """All concepts ever seen, in the order of their first appearance."""
        return tuple(dict.fromkeys(index for shot in self.shots for index in shot.scene.counts))

    def spans(self, concept: int) -> tuple[Span, ...]:
        """When a concept can be seen, in seconds; shots that follow on each other are one span."""
        found: list[Span] = []
        for shot in self.shots:
            if concept not in shot.scene.counts:
                continue
            if found and found[-1][1] == shot.start:
                found[-1] = (found[-1][0], shot.end)
            else:
                found.append((shot.start, shot.end))
        return tuple(found)

    @property
    def frames(self) -> int:
        """How many frames."""
        return round(self.duration * self.rate)

    def frame(self, index: int, side: int) -> np.ndarray:
        """Frame ``index`` as (side, side, 3) uint8, sRGB."""
        seconds = index / self.rate
        shot = next(shot for shot in self.shots if seconds < shot.end - 1e-9)
        moved = tuple(_drifted(thing, seconds) for thing in shot.scene.things)
        return self._filmed(draw(replace(shot.scene, things=moved), side), index)

    def _filmed(self, pixels: np.ndarray, index: int) -> np.ndarray:
        """The camera's pan and shake; what it uncovers at the edge mirrors the picture."""
        side = pixels.shape[0]
        rng = np.random.default_rng((self.seed, index))
        phase = (self.seed % 97) / 97 + index / self.rate * np.array([0.11, 0.07])
        shift = (PAN * np.sin(2 * np.pi * phase) + SHAKE * rng.normal(size=2)) * side
        matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
        return cv2.warpAffine(pixels, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)


def _drifted(thing: Thing, seconds: float) -> Thing:
    swing = DRIFT * float(np.sin(2 * np.pi * (seconds / 5 + thing.x + thing.y)))
    return replace(thing, x=thing.x + swing, angle=thing.angle + 120 * swing)


def sample_clip(rng: np.random.Generator, *, scenes: tuple[int, int] = (2, 6), rate: int = 10) -> DrawnClip:
    """A random clip of some scenes (least and most), each of 2.5 to 9 seconds.

    Every second scene that is long enough has a guest, a thing that comes and goes. Now and then a scene's
    thing is one that was seen before.
    """
    count = int(rng.integers(scenes[0], scenes[1] + 1))
    fresh = [int(index) for index in rng.choice(len(concepts()), size=2 * count, replace=False)]
    shots: list[Shot] = []
    start = 0
    for index in range(count):
        again = index > 1 and rng.random() < 0.25
        host = fresh[index - 2] if again else fresh[index]
        frames = int(rng.uniform(2.5, 9.0) * rate)
        guest = fresh[count + index] if frames >= 5 * rate and rng.random() < 0.5 else None
        shots += _shots(host, guest, start, frames, rate, rng)
        start += frames
    return DrawnClip(tuple(shots), int(rng.integers(2**31)), rate)


def _shots(
    host: int, guest: int | None, start: int, frames: int, rate: int, rng: np.random.Generator
) -> list[Shot]:
    """One scene as a shot, or as three when a guest comes and goes; counted in frames."""
    copies = int(rng.integers(1, 3))
    if guest is None:
        return [Shot(start / rate, (start + frames) / rate, arrange([(host, copies)], rng, RULES))]
    together = arrange([(host, copies), (guest, 1)], rng, RULES)
    alone = replace(together, things=together.things[:copies])
    stay = int(rng.uniform(SHORTEST_VISIT * rate, frames - 2 * rate))
    comes = start + int(rng.integers(rate, frames - stay - rate + 1))
    cuts = (start, comes, comes + stay, start + frames)
    scenes = (alone, together, alone)
    return [Shot(a / rate, b / rate, s) for a, b, s in zip(cuts[:-1], cuts[1:], scenes, strict=True)]


def film_clip(path: Path, clip: DrawnClip, *, side: int = 256) -> None:
    """Write a clip as a silent MP4.

    Raises:
        MediaRefused: this OpenCV build cannot write MP4 here.
    """
    write_video(path, (clip.frame(index, side) for index in range(clip.frames)), clip.rate)


def write_video(path: Path, frames: Iterable[np.ndarray], rate: float) -> None:
    """Write frames (H, W, 3) uint8 sRGB, all of one size, as a silent MP4.

    Raises:
        MediaRefused: this OpenCV build cannot write MP4 here.
    """
    writer = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, size)
            if not writer.isOpened():
                raise MediaRefused(
                    f"OpenCV cannot write {path}; check the folder, or install opencv-python with FFmpeg"
                )
        writer.write(frame[..., ::-1])
    if writer is not None:
        writer.release()
