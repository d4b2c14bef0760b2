"""What decides the result of a training run."""

from __future__ import annotations

from pathlib import Path

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


class TrainConfig(BaseModel):
    """The defaults are those of the weights that ship."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=700, gt=0)
    captioned: int = Field(default=384, gt=0, description="photographs a step of every captioned set")
    scenes: int = Field(default=32, gt=0, description="drawn scenes a step")
    named: int = Field(default=208, gt=0, description="images a step with names, of all sets")
    names: int = Field(default=448, gt=0, description="names a step that these are compared with")
    words: int = Field(default=256, gt=0, description="words a step for the teacher")
    cells: int = Field(default=24, gt=0, le=81, description="cells of the grid that a step sees of an image")
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.1, ge=0, description="of matrices")
    warmup: int = Field(default=60, gt=0, description="steps")
    ema: float = Field(default=0.99, ge=0, lt=1, description="decay of the averaged weights, a step")
    word_dropout: float = Field(default=0.1, ge=0, lt=1, description="share of a text's tokens left out")
    contrast_weight: float = Field(default=0.5, ge=0, description="of the captions' softmax loss")
    name_weight: float = Field(default=0.6, ge=0, description="of the names' sigmoid loss")
    classifier_weight: float = Field(
        default=1.0, ge=0, description="of the cross-entropy with the tower's classifier"
    )
    teacher_weight: float = Field(
        default=1.0, ge=0, description="of the text tower's distance to the teacher's head"
    )
    hidden_size: int = Field(default=384, gt=0, description="width of the vision side and of the joint space")
    vision_layers: int = Field(default=0, ge=0, description="transformer blocks on the tower's tokens")
    heads: int = Field(default=6, gt=0, description="attention heads of the vision side")
    text_size: int = Field(
        default=256, gt=0, multiple_of=64, description="width of the text tower; heads are 64 wide"
    )
    text_layers: int = Field(default=2, ge=0)
    token_embedding_size: int = Field(default=192, gt=0)
    vocabulary: int = Field(default=11_200, gt=0, description="SentencePiece pieces")
    seed: int = 20261129

    def save(self, folder: Path) -> None:
        """Writes `training.json`."""
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
