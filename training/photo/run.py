"""A training run: its stages, one after the other, each from the averaged weights of the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mm_agent.vision.families.photo_model import PhotoModel
from training.photo.batches import Batches
from training.photo.config import TrainConfig
from training.photo.evaluate import quick_numbers
from training.photo.learner import Learner
from training.photo.maps import StoredMaps
from training.photo.names import Names
from training.photo.teacher import Teacher
from training.photo.tokenizer import CachedTokenizer, read_pieces
from training.photo.train import Trainer
from training.photo.weights import average_path, load_weights


@dataclass(frozen=True)
class TrainingData:
    """What a run learns from.

    Attributes:
        maps: the sets, by name.
        names: the concepts.
        tokenizer: folder with `spiece.model`.
        teacher: sentence vectors, or None.
        words: for the text tower to be guided on; those without a vector are left out.
    """

    maps: Mapping[str, StoredMaps]
    names: Names
    tokenizer: Path
    teacher: Teacher | None
    words: Sequence[str]


def train(config: TrainConfig, data: TrainingData, out: Path) -> PhotoModel:
    """Trains and returns the last stage's average.

    Writes `training.json`, and every stage's averaged weights now and then.
    """
    config.save(out)
    for stage in range(1, len(config.stages) + 1):
        average_path(out, stage).unlink(missing_ok=True)
    tokenizer, pieces = CachedTokenizer(data.tokenizer), read_pieces(data.tokenizer)
    evaluate = partial(quick_numbers, maps=data.maps, tokenizer=tokenizer)
    for number, stage in enumerate(config.stages, 1):
        learner = Learner(config, stage, pieces, data.teacher)
        if number > 1:
            load_weights(learner.model, average_path(out, number - 1))
        batches = Batches(
            stage, config.seed, data.maps, data.names, tokenizer, teacher=data.teacher, words=data.words
        )
        trainer = Trainer(stage, learner, batches)
        print(f"stage {number} of {len(config.stages)}: {stage.steps} steps", flush=True)
        trainer.run(average_path(out, number), evaluate)
    return trainer.average
