"""What decides the result of a training: what all have, and a classifier's."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mm_agent.errors import FinetuneError
from mm_agent.vision.domain_head import Method


class FinetuneRules(BaseModel):
    """What every kind of fine-tuning has; started again with the same ones, a run goes on.

    Raises:
        FinetuneError: values that make no sense.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(description="The training data.")
    images: Path | None = Field(default=None, description="Where picture names start; None: beside the data.")
    vision: str = Field(default="photo", description="The encoder.")
    epochs: float = Field(default=5.0, gt=0)
    batch_size: int = Field(default=32, ge=1, description="Pictures at a time.")
    accumulate: int = Field(default=1, ge=1, description="Batches a step.")
    rate: float | None = Field(default=None, gt=0, description="Peak learning rate; None: by what learns.")
    warm_up: float = Field(default=0.1, ge=0, lt=1, description="Share of the steps.")
    weight_decay: float = Field(default=0.01, ge=0)
    save_every: int | None = Field(
        default=None, ge=1, description="Steps between checkpoints; None: an epoch."
    )
    bad_share: float = Field(default=0.02, ge=0, lt=1, description="Share of rows that may be unusable.")
    seed: int = 0
    bf16: bool = Field(default=False, description="Compute in bfloat16.")
    checkpointing: bool = Field(default=False, description="Compute activations twice to keep fewer.")

    def __init__(self, **values: object) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            got = f"{name} is {first['input']!r}: " if name else ""
            raise FinetuneError(f"{got}{first['msg'].removeprefix('Value error, ')}") from error


class ClassifyRules(FinetuneRules):
    """A classifier's run."""

    image_column: str | None = None
    label_columns: tuple[str, ...] = ()
    method: Method = Field(default="linear", description="What learns.")
    validation: float = Field(default=0.15, gt=0, lt=1, description="Share that chooses and calibrates.")
    test: float = Field(default=0.15, ge=0, lt=1, description="Share that only measures.")
    shots: int | None = Field(default=None, ge=1, description="adapter: pictures a label; None: all.")
    rank: int = Field(default=16, ge=1, description="lora: rank of the adapter.")
    patience: int = Field(default=3, ge=1, description="Evaluations without a better mAP before stopping.")
    balance: bool = Field(default=False, description="Weigh rare labels up (pos_weight).")
    augment: bool = Field(default=True, description="Crop and mirror pictures in training.")

    @property
    def shares(self) -> dict[str, float]:
        """The split, where the data says none."""
        return shares_of(self.validation, self.test)

    @property
    def peak_rate(self) -> float:
        """Of the peak: all weights move little, an adapter more."""
        return self.rate or {"full": 5e-5, "lora": 5e-4}.get(self.method, 1e-3)


def shares_of(validation: float, test: float) -> dict[str, float]:
    """The three parts' shares.

    Raises:
        FinetuneError: nothing is left to train on.
    """
    if validation + test >= 1:
        raise FinetuneError(
            f"validation {validation:g} and test {test:g} leave nothing to train on; lower them"
        )
    return {"train": 1 - validation - test, "validation": validation, "test": test}
