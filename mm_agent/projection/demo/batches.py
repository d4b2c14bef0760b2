"""Questions about drawn scenes: those of a training step, and those nobody was ever asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from mm_agent.projection.demo.questions import KINDS, LANGUAGES, Kind, Question, ask, ask_fresh, describe
from mm_agent.vision.demo import sprites
from mm_agent.vision.demo.scenes import Scene, SceneRules, draw
from mm_agent.vision.vocabulary import Language

SCENES = SceneRules(styles=sprites.TRAIN_STYLES)
WEIGHTS = {"how_many": 0.32, "what": 0.26, "colour": 0.1, "where": 0.2, "is_there": 0.12}
"""Shares of the kinds in training: hard ones more often."""
CAPTIONS = 0.05
"""Share of what is asked in training that asks for a whole description."""
PICTURE = 256
"""Pixels of a measured picture; the encoder shrinks it, as it does with a person's."""


def ask_about(scenes: Sequence[Scene], count: int, rng: np.random.Generator) -> list[list[Question]]:
    """As many questions about each scene, in the shares of training."""
    return [_ask(scene, count, rng) for scene in scenes]


def _ask(scene: Scene, count: int, rng: np.random.Generator) -> list[Question]:
    asked: list[Question] = []
    while len(asked) < count:
        language = LANGUAGES[rng.integers(2)]
        if rng.random() < CAPTIONS:
            asked.append(describe(scene, language, rng))
            continue
        kind = KINDS[rng.choice(len(KINDS), p=[WEIGHTS[kind] for kind in KINDS])]
        question = ask(scene, kind, language, rng)
        asked += [] if question is None else [question]
    return asked


def fresh_questions(count: int, seed: int) -> tuple[list[Scene], list[Question]]:
    """New scenes with one question each, every kind and language equally often, styles the encoder knows."""
    rng = np.random.default_rng((seed, 1))
    turn: list[tuple[Kind, Language]] = [(kind, language) for kind in KINDS for language in LANGUAGES]
    pairs = [ask_fresh(*turn[number % len(turn)], rng, SCENES) for number in range(count)]
    return [scene for scene, _ in pairs], [question for _, question in pairs]


def measured_pictures(scenes: Sequence[Scene]) -> list[Image.Image]:
    """The scenes as a person would bring them."""
    return [Image.fromarray(draw(scene, PICTURE)) for scene in scenes]
