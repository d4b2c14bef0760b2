"""Draw scenes: copies of one or two things on a coloured background, with the truth about them.

A ``Scene`` is data (what, how many, where, which background); ``draw`` turns it into pixels at any size. The
same seed gives the same scene. Coordinates are fractions of the picture's side, origin top left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from mm_agent.media.opencv import cv2
from mm_agent.vision.demo import sprites, warps
from mm_agent.vision.vocabulary import COLOURS, Concept, concepts

Background = Literal["flat", "gradient", "noise"]
BACKGROUNDS: tuple[Background, ...] = ("flat", "gradient", "noise")
MAX_COPIES = 4
# Centres lie at least this share of the mean box side apart: copies touch, but do not hide each other.
GAP = 0.82


@dataclass(frozen=True)
class Thing:
    """One drawn copy: centre ``x, y`` and box side ``side`` are fractions of the picture's side."""

    concept: int
    style: str
    drawing: int
    x: float
    y: float
    side: float
    angle: float = 0.0
    flip: bool = False

    def box(self, size: int) -> tuple[int, int, int, int]:
        """Its box in pixels of a ``size`` x ``size`` picture: left, top, right, bottom."""
        half = self.side / 2
        edges = (self.x - half, self.y - half, self.x + half, self.y + half)
        left, top, right, bottom = (round(min(max(edge, 0.0), 1.0) * size) for edge in edges)
        return left, top, right, bottom

    @property
    def place(self) -> int:
        """Its cell on a 3 x 3 grid, row by row (0 top left, 4 centre, 8 bottom right)."""
        return min(int(self.y * 3), 2) * 3 + min(int(self.x * 3), 2)


@dataclass(frozen=True)
class Scene:
    """Things on a background; ``seed`` fixes gradient direction and noise."""

    things: tuple[Thing, ...]
    colour: int
    background: Background
    seed: int

    @property
    def counts(self) -> dict[int, int]:
        """How many copies of each concept (by index into ``concepts()``), in the order drawn."""
        counts: dict[int, int] = {}
        for thing in self.things:
            counts[thing.concept] = counts.get(thing.concept, 0) + 1
        return counts

    def names(self) -> dict[str, int]:
        """How many copies of each concept, by its English name."""
        return {concepts()[index].en: count for index, count in self.counts.items()}


@dataclass(frozen=True)
class SceneRules:
    """What scenes may hold. ``sides`` bounds the box side of a thing alone; many copies are smaller."""

    styles: tuple[str, ...] = sprites.SCENE_STYLES
    max_kinds: int = 2
    max_copies: int = MAX_COPIES
    sides: tuple[float, float] = (0.24, 0.62)
    angle: float = 15.0


def sample_scene(
    rng: np.random.Generator, rules: SceneRules = SceneRules(), *, kinds: int | None = None
) -> Scene:
    """A random scene; ``kinds`` fixes how many different concepts it holds."""
    kinds = kinds or int(rng.integers(1, rules.max_kinds + 1))
    chosen = rng.choice(len(concepts()), size=kinds, replace=False)
    most = rules.max_copies if kinds == 1 else min(rules.max_copies, 3)
    groups = [(int(index), int(rng.integers(1, most + 1))) for index in chosen]
    return arrange(groups, rng, rules)


def arrange(
    groups: Sequence[tuple[int, int]],
    rng: np.random.Generator,
    rules: SceneRules = SceneRules(),
    *,
    colour: int | None = None,
) -> Scene:
    """Place ``(concept, copies)`` groups at random without hiding one behind another."""
    total = sum(copies for _, copies in groups)
    low, high = rules.sides
    # Four copies cannot be as large as one: bound the side so that they fit.
    high = min(high, 0.95 / np.ceil(np.sqrt(total)))
    side = rng.uniform(min(low, high * 0.7), high)
    things: list[Thing] = []
    for concept, copies in groups:
        style, drawing = _pick_drawing(concept, rules.styles, rng)
        for _ in range(copies):
            own = side * rng.uniform(0.88, 1.08)
            x, y = _free_spot(things, own, rng)
            angle = float(rng.uniform(-rules.angle, rules.angle))
            things.append(Thing(concept, style, drawing, x, y, own, angle, bool(rng.random() < 0.5)))
    colour = int(rng.integers(len(COLOURS))) if colour is None else colour
    return Scene(tuple(things), colour, BACKGROUNDS[rng.integers(3)], int(rng.integers(2**31)))


def _pick_drawing(concept: int, styles: Sequence[str], rng: np.random.Generator) -> tuple[str, int]:
    known = [style for style in styles if _drawings(style, concept)]
    style = known[rng.integers(len(known))]
    return style, int(rng.integers(len(_drawings(style, concept))))


def _free_spot(things: Sequence[Thing], side: float, rng: np.random.Generator) -> tuple[float, float]:
    """The best of several random spots: the first that is free, else the one farthest from the others."""
    margin = side * 0.46
    best, best_room = (0.5, 0.5), -1.0
    for _ in range(40):
        x, y = rng.uniform(margin, 1 - margin, size=2)
        # Chebyshev distance, in units of the mean side: boxes are square.
        room = min((max(abs(x - t.x), abs(y - t.y)) * 2 / (side + t.side) for t in things), default=9.0)
        if room > best_room:
            best, best_room = (float(x), float(y)), room
        if room >= GAP:
            break
    return best


@cache
def _drawings(style: str, concept: int) -> list[list[np.ndarray]]:
    """Sprites of a concept in a style, each as a pyramid of sides 128, 64 and 32 (for clean shrinking)."""
    sheet = sprites.load_style(style)
    return [warps.pyramid(sprite) for sprite in sheet.drawings_of(concepts()[concept].drawings)]


def draw(scene: Scene, size: int, *, augment: np.random.Generator | None = None) -> np.ndarray:
    """The scene as pixels.

    Args:
        scene: What to draw.
        size: Side of the square picture in pixels.
        augment: When given, each thing's look is varied with it (hue, outline, blur, warps): for training.

    Returns:
        (size, size, 3) uint8, sRGB.
    """
    canvas = _background(scene, size)
    for thing in scene.things:
        sprite = _drawings(thing.style, thing.concept)[thing.drawing]
        warps.paste(canvas, sprite, thing, augment)
    if augment is not None:
        canvas = warps.vary_picture(canvas, augment)
    return canvas.clip(0, 255).astype(np.uint8)


def _background(scene: Scene, size: int) -> np.ndarray:
    rng = np.random.default_rng(scene.seed)
    base = np.asarray(COLOURS[scene.colour].rgb, np.float32) + rng.uniform(-9, 9, 3).astype(np.float32)
    canvas = np.empty((size, size, 3), np.float32)
    canvas[:] = base
    if scene.background == "gradient":
        angle = rng.uniform(0, 2 * np.pi)
        axis = np.linspace(-0.5, 0.5, size, dtype=np.float32)
        ramp = np.cos(angle) * axis[None, :] + np.sin(angle) * axis[:, None]
        canvas *= (1 + 0.28 * ramp)[..., None]
    elif scene.background == "noise":
        coarse = rng.normal(0, 9, (12, 12, 1)).astype(np.float32)
        canvas += cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)[..., None]
    return canvas


def concept_at(index: int) -> Concept:
    """The concept a ``Thing.concept`` index means."""
    return concepts()[index]
