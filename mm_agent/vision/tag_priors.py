"""How probable each name of the vocabulary is before anything is seen, for names nobody asked about.

A question about a pistol is evidence that there may be one; trying thousands of names on an image is not. So
names that are tried in turn get the log-odds of being in a photograph at all, as in the training data, on top
of their own.

FOLDER/tag_priors.json   beside a checkpoint; without it every name counts alike
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from mm_agent.errors import CheckpointError
from mm_agent.vision.vocabulary import Concept

FILE = "tag_priors.json"


class TagPriors(BaseModel):
    """Calibrated log-odds of a tag = scale · logit + log_odds of its concept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale: float = Field(gt=0, description="factor of the encoder's logit")
    log_odds: dict[str, float] = Field(description="what is added, by the concept's key")
    unknown: float = Field(description="the same for a concept that is not listed")

    def adjust(self, concepts: Sequence[Concept], logits: Tensor) -> Tensor:
        """Log-odds (..., M) of `concepts` as tags, from their logits (..., M)."""
        added = [self.log_odds.get(concept.key, self.unknown) for concept in concepts]
        return self.scale * logits + torch.tensor(added)


def read_tag_priors(folder: Path) -> TagPriors | None:
    """Reads ``tag_priors.json`` in `folder`; None where there is none.

    Raises:
        CheckpointError: the file is not one of these.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return TagPriors.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise CheckpointError(f"{path}: {error.errors()[0]['msg']}; fetch the checkpoint again") from error
