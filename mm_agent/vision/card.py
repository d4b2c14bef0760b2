"""The card beside a checkpoint: ``mm_agent.json``, what config.json has no place for."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mm_agent.errors import CheckpointError

Language = Literal["en", "zh"]
CARD_FILE = "mm_agent.json"


class Card(BaseModel):
    """Facts about one checkpoint; every field has a meaning when absent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    family: Literal["demo"] | None = Field(
        None, description="set only by the weights that ship with the package"
    )
    templates: dict[Language, tuple[str, ...]] = Field(
        default_factory=dict, description="caption templates by language, each with {label}"
    )
    count_templates: dict[Language, tuple[str, ...]] = Field(
        default_factory=dict, description="templates for counted nouns by language, each with {label}"
    )
    notice: dict[Language, str] = Field(default_factory=dict, description="one honest line by language")
    presence_threshold: float | None = Field(
        None, gt=0.0, lt=1.0, description="fitted sigmoid probability from which a label counts as present"
    )
    absence_threshold: float | None = Field(
        None,
        gt=0.0,
        lt=1.0,
        description="probability below which a label counts as absent; between both: unknown",
    )
    counts: bool = Field(
        True, description="whether it learned numbers, so that counting by captions means something"
    )
    tag_threshold: float | None = Field(
        None, gt=0.0, lt=1.0, description="the same when nobody asked for it: one of the whole vocabulary"
    )
    vocabulary: Literal["stickers", "world"] | None = Field(
        None, description="built-in names its tags come from; None: world, and stickers for CLIP"
    )
    trained_on: str = Field("", description="what the weights saw in training")


def read_card(folder: Path) -> Card:
    """Reads ``mm_agent.json`` in `folder`; a checkpoint without one gets the empty card.

    Raises:
        CheckpointError: the file is there but not a card.
    """
    path = folder / CARD_FILE
    if not path.is_file():
        return Card()  # pyright: ignore[reportCallIssue]
    try:
        return Card.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CheckpointError(f"{path}: {where}: {first['msg']}; correct or remove the file") from error
