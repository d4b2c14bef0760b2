"""An endless seeded stream of scenes, their features and questions about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import Dataset

from mm_agent.local.demo.batch import Batch
from mm_agent.projection.demo.questions import KINDS, LANGUAGES, Kind, Question, ask, ask_fresh, describe
from mm_agent.projection.demo.rehearsal import rehearsal
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.features import picture_features
from mm_agent.vision.demo import sprites
from mm_agent.vision.demo.scenes import Scene, SceneRules, draw, sample_scene
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.vocabulary import Language

SCENES = SceneRules(styles=sprites.TRAIN_STYLES)
WEIGHTS = {"how_many": 0.32, "what": 0.26, "colour": 0.1, "where": 0.2, "is_there": 0.12}
"""Shares of the kinds in training: hard ones more often."""
PICTURE = 256
"""Pixels of a measured picture; the encoder shrinks it, as it does with a person's."""


@dataclass(frozen=True)
class DrawnBatch:
    """P pictures with as many questions about each, not yet looked at; at times tool dialogues as well."""

    pictures: list[Image.Image]
    questions: list[list[Question]]
    dialogues: Batch | None = None


@dataclass(frozen=True)
class SceneBatch:
    """P pictures with as many questions about each.

    Attributes:
        features: (P, N, D_vision) float32.
        questions: P lists of Q.
    """

    features: Tensor
    questions: list[list[Question]]


@dataclass(frozen=True)
class QuestionStream(Dataset[DrawnBatch]):
    """Batch number ``step`` is always the same for a seed, whatever came before it.

    Attributes:
        seed: Of the dice.
        pictures: In a batch.
        questions: About each picture.
        size: Pixels of a drawn picture's side.
        captions_until: Before this step most questions ask for captions, later few do.
        rehearsed: Share of the later steps that come with tool dialogues.
        tokenizer: Cuts these.
    """

    seed: int
    pictures: int
    questions: int
    size: int
    captions_until: int = 0
    rehearsed: float = 0.0
    tokenizer: Tokenizer | None = None

    def __getitem__(self, step: int) -> DrawnBatch:
        rng = np.random.default_rng((self.seed, step))
        captions = 0.8 if step < self.captions_until else 0.05
        scenes = [
            sample_scene(rng, SCENES, kinds=1 if rng.random() < 0.6 else 2) for _ in range(self.pictures)
        ]
        pictures = [_picture(scene, self.size, rng) for scene in scenes]
        questions = [self._ask(scene, rng, captions) for scene in scenes]
        due = self.tokenizer and step >= self.captions_until and rng.random() < self.rehearsed
        return DrawnBatch(
            pictures, questions, rehearsal(self.tokenizer, rng) if due and self.tokenizer else None
        )

    def _ask(self, scene: Scene, rng: np.random.Generator, captions: float) -> list[Question]:
        asked: list[Question] = []
        while len(asked) < self.questions:
            language = LANGUAGES[rng.integers(2)]
            if rng.random() < captions:
                asked.append(describe(scene, language, rng))
                continue
            kind = KINDS[rng.choice(len(KINDS), p=[WEIGHTS[kind] for kind in KINDS])]
            question = ask(scene, kind, language, rng)
            asked += [] if question is None else [question]
        return asked


def look(encoder: SiglipEncoder, config: ProjectorConfig, batch: DrawnBatch) -> SceneBatch:
    """The encoder's features of the pictures, on its device."""
    return SceneBatch(picture_features(encoder, batch.pictures, config), batch.questions)


def _picture(scene: Scene, size: int, rng: np.random.Generator) -> Image.Image:
    """Drawn at the encoder's size, or larger and shrunk, as the encoder itself was taught."""
    augment = rng if rng.random() < 0.2 else None
    return Image.fromarray(draw(scene, size * (1 if rng.random() < 0.75 else 2), augment=augment))


def fresh_questions(count: int, seed: int) -> tuple[list[Scene], list[Question]]:
    """New scenes with one question each, every kind and language equally often, styles the encoder knows."""
    rng = np.random.default_rng((seed, 1))
    turn: list[tuple[Kind, Language]] = [(kind, language) for kind in KINDS for language in LANGUAGES]
    pairs = [ask_fresh(*turn[number % len(turn)], rng, SCENES) for number in range(count)]
    return [scene for scene, _ in pairs], [question for _, question in pairs]


def measured_pictures(scenes: Sequence[Scene]) -> list[Image.Image]:
    """The scenes as a person would bring them."""
    return [Image.fromarray(draw(scene, PICTURE)) for scene in scenes]
