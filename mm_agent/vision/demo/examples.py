"""Draw the shipped example pictures and the example video:

python -m mm_agent.vision.demo.examples --out examples
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from mm_agent.vision.demo.clips import write_video
from mm_agent.vision.demo.scenes import Scene, SceneRules, Thing, arrange, draw
from mm_agent.vision.vocabulary import COLOURS, concepts

SIDE = 448
FRAMES_PER_SECOND = 10
SHOT_SECONDS = 4


@dataclass(frozen=True)
class Example:
    """A picture to draw: file name, groups of ``(concept key, copies)``, background colour, seed."""

    name: str
    groups: tuple[tuple[str, int], ...]
    colour: str
    seed: int = 0
    at: tuple[float, float] | None = None


EXAMPLES = (
    Example("two-cats", (("cat", 2),), "green", seed=4),
    Example("one-dog", (("dog", 1),), "yellow"),
    Example("three-apples", (("apple", 3),), "blue", seed=1),
    Example("four-balloons", (("balloon", 4),), "white", seed=2),
    Example("rocket-and-moon", (("rocket", 1), ("moon", 1)), "purple", seed=3),
    Example("hamburger-and-fries", (("hamburger", 1), ("fries", 1)), "orange", seed=1),
    Example("two-penguins-and-fish", (("penguin", 2), ("fish", 1)), "blue", seed=5),
    Example("airplane-top-left", (("airplane", 1),), "pink", at=(0.22, 0.22)),
    Example("car-bottom-right", (("car", 1),), "gray", at=(0.78, 0.78)),
    Example("umbrella-center", (("umbrella", 1),), "brown", at=(0.5, 0.5)),
    Example("guitar-and-drum", (("guitar", 1), ("drum", 1)), "red", seed=2),
    Example("three-sunflowers-and-bee", (("sunflower", 3), ("bee", 1)), "pink", seed=6),
    Example("robot", (("robot", 1),), "white", seed=1),
)
SHOTS = (
    Example("a cat", (("cat", 1),), "green", seed=1),
    Example("two cars", (("car", 2),), "gray", seed=2),
    Example("three apples", (("apple", 3),), "blue", seed=3),
)


def scene_of(example: Example) -> Scene:
    """The scene an example names."""
    keys = [concept.key for concept in concepts()]
    colour = [c.en for c in COLOURS].index(example.colour)
    groups = [(keys.index(key), copies) for key, copies in example.groups]
    rules = SceneRules(styles=("noto",), sides=(0.34, 0.5), angle=12)
    scene = arrange(groups, np.random.default_rng(example.seed), rules, colour=colour)
    if example.at is not None:
        thing = replace(scene.things[0], x=example.at[0], y=example.at[1], side=0.36)
        scene = replace(scene, things=(thing,))
    return scene


def draw_examples(out: Path) -> list[Path]:
    """Write every example picture into ``out``."""
    paths = []
    for example in EXAMPLES:
        path = out / f"{example.name}.png"
        # A palette keeps each file at some tens of kilobytes.
        picture = Image.fromarray(draw(scene_of(example), SIDE))
        picture.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            path, optimize=True
        )
        paths.append(path)
    return paths


def film(path: Path, shots: Sequence[Example] = SHOTS, *, side: int = 320) -> None:
    """Write a silent MP4: each shot lasts four seconds, its things drift slowly.

    Raises:
        MediaRefused: this OpenCV build cannot write MP4 here.
    """
    write_video(path, (frame for shot in shots for frame in _filmed(scene_of(shot), side)), FRAMES_PER_SECOND)


def _filmed(scene: Scene, side: int) -> Iterator[np.ndarray]:
    frames = FRAMES_PER_SECOND * SHOT_SECONDS
    for index in range(frames):
        moved = tuple(_drift(thing, index / frames) for thing in scene.things)
        yield draw(replace(scene, things=moved), side)


def _drift(thing: Thing, progress: float) -> Thing:
    swing = 0.04 * np.sin(2 * np.pi * progress)
    return replace(thing, x=thing.x + float(swing), angle=thing.angle + 60 * float(swing))


def main() -> None:
    """Draw all examples."""
    parser = argparse.ArgumentParser(description="Draw the example pictures and the example video.")
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for path in draw_examples(out):
        print(path)
    film(out / "changing-scene.mp4")
    print(out / "changing-scene.mp4")


if __name__ == "__main__":
    main()
