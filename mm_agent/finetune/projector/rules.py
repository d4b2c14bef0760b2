"""What decides the result of a training run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from mm_agent.finetune.rules import FinetuneRules
from mm_agent.projection.soft.config import Kind, Select


class Rules(FinetuneRules):
    """A projector's run, as kept in its folder."""

    data: Path = Field(description="JSON lines, or a folder that `datasets` saved.")
    language_model: str = Field(description="The language model: a folder, a hub id or demo.")
    start: Path | None = Field(default=None, description="A projector to go on from; None: a new one.")
    kind: Kind = "mlp"
    factor: int = 2
    queries: int = 64
    depth: int = 2
    hidden: int | None = None
    vision_layer: int = -1
    select: Select = "patches"
    frame_tokens: int | None = None
    clip_frames: int = Field(default=8, ge=1, description="Frames of a clip that are looked at.")
    train: Literal["projector", "lora", "all"] = Field(
        default="projector",
        description="What learns: the projector alone (stage 1), a LoRA adapter with it, or the whole model.",
    )
    rank: int = Field(default=16, ge=1, description="Rank of the LoRA adapter.")
    epochs: float = Field(default=1.0, gt=0)
    batch_size: int = Field(default=8, ge=1)
    warm_up: float = Field(default=0.03, ge=0, lt=1, description="Share of the steps.")
    weight_decay: float = Field(default=0.0, ge=0)
    longest: int = Field(default=2048, ge=1, description="Tokens of an example, its soft tokens included.")
    held_out: int = Field(default=0, ge=0, description="Examples kept back to measure the loss on.")
    save_every: int = Field(default=200, ge=1, description="Steps between two checkpoints.")

    @property
    def peak_rate(self) -> float:
        """LLaVA-1.5 (arXiv 2310.03744, table 9): 1e-3 for the projector, 2e-4 with LoRA, 2e-5 for all."""
        return self.rate or {"projector": 1e-3, "lora": 2e-4, "all": 2e-5}[self.train]
