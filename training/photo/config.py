"""What decides the result of a training run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mm_agent.errors import FinetuneError

FILE = "training.json"
SHARES = {
    "flickr8k": 2.5,
    "imagenet_samples": 2.0,
    "mini_imagenet": 2.0,
    "caltech101": 1.7,
    "miniplaces": 1.6,
    "grocery": 0.5,
    "clothing": 0.4,
    "scenes": 0.8,
}
"""How often the images of a set are drawn to learn names from, in proportion; those of other sets: 1."""


class ModelConfig(BaseModel):
    """Sizes of the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden_size: int = Field(default=384, gt=0, description="width of the vision side and of the joint space")
    vision_layers: int = Field(default=0, ge=0, description="transformer blocks on the tower's tokens")
    heads: int = Field(default=6, gt=0, description="attention heads of the vision side")
    text_size: int = Field(default=256, gt=0, multiple_of=64, description="width of the text tower")
    text_layers: int = Field(default=2, ge=0)
    token_embedding_size: int = Field(default=192, gt=0)
    vocabulary: int = Field(default=11_200, gt=0, description="SentencePiece pieces")


class StageConfig(BaseModel):
    """One stage of training; the defaults are those of the first stage of the weights that ship."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=525, gt=0)
    schedule_share: float = Field(default=0.75, gt=0, le=1, description="of the cosine schedule")
    warmup: int = Field(default=60, gt=0, description="steps")
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.1, ge=0, description="of matrices")
    ema: float = Field(default=0.99, ge=0, lt=1, description="decay of the averaged weights, a step")

    captioned: int = Field(default=384, gt=0, description="photographs a step of every captioned set")
    scenes: int = Field(default=32, gt=0, description="drawn scenes a step")
    named: int = Field(default=208, gt=0, description="images a step with names, of all sets")
    names: int = Field(default=448, gt=0, description="names a step that these are compared with")
    words: int = Field(default=256, gt=0, description="words a step that the text tower is guided on")
    cells: int = Field(default=24, gt=0, le=81, description="cells of the grid that a step sees of an image")
    word_dropout: float = Field(default=0.1, ge=0, lt=1, description="share of a text's tokens left out")

    guide: Literal["teacher", "former"] = Field(
        default="teacher",
        description="what the text tower follows on words: a head on the teacher's vectors that learns too, "
        "or itself as it was when the stage began",
    )
    contrast_weight: float = Field(default=0.5, ge=0, description="of the captions' softmax loss")
    name_weight: float = Field(default=0.6, ge=0, description="of the names' sigmoid loss")
    classifier_weight: float = Field(default=1.0, ge=0, description="of the loss by the tower's classifier")
    guide_weight: float = Field(default=1.0, ge=0, description="of the distance to the guide")
    class_scale: float = Field(default=3.0, description="log temperature of the classifier's loss, at first")

    rarest: float = Field(default=1e-4, gt=0, lt=1, description="share that a name's prior does not go below")
    common_prior: float = Field(
        default=0.0, ge=0, le=1, description="share of all sets' mean in the prior of a set's names"
    )
    unseen_weight: float = Field(
        default=1.0, ge=0, le=1, description="how much a name counts as absent that no photograph shows"
    )


REFINEMENT = StageConfig(
    steps=345,
    schedule_share=1.0,
    warmup=20,
    learning_rate=7e-4,
    named=256,
    words=192,
    guide="former",
    name_weight=0.8,
    classifier_weight=2.5,
    class_scale=3.4,
    rarest=1e-3,
    common_prior=0.5,
    unseen_weight=0.1,
)
"""The second stage: more of names, and priors that no longer leave names of other sets alone."""


class TrainConfig(BaseModel):
    """A whole run; the defaults are those of the weights that ship."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelConfig = ModelConfig()
    stages: tuple[StageConfig, ...] = Field(default=(StageConfig(), REFINEMENT), min_length=1)
    seed: int = 20261129

    def save(self, folder: Path) -> None:
        """Writes `training.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> TrainConfig:
        """Reads `training.json`.

        Raises:
            FinetuneError: it is not there or is of another version.
        """
        try:
            return cls.model_validate_json((folder / FILE).read_bytes())
        except (OSError, ValidationError) as error:
            raise FinetuneError(f"{folder / FILE} is missing or not of this version; train anew") from error
