"""An image classifier on the photo encoder's vision side: its features' mean and a linear layer.

The counterpart of transformers' `SiglipForImageClassification`. A saved classifier holds the tower's weights
too, with their batch norms folded, so that it needs neither the encoder nor the tower's package.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from safetensors.torch import load_file, save
from torch import Tensor, nn

from mm_agent.vision.families.photo_model import (
    PhotoModule,
    PhotoVisionConfig,
    PhotoVisionModel,
    TowerVariant,
)

CLASSIFIER_TYPE = "photo_siglip_classifier"


class PhotoClassifierConfig(BaseModel):
    """``config.json`` beside the weights; labels are set when they are known."""

    model_config = ConfigDict(extra="ignore")

    model_type: Literal["photo_siglip_classifier"] = CLASSIFIER_TYPE
    tower: TowerVariant
    vision_config: PhotoVisionConfig
    num_labels: int = Field(gt=0)
    id2label: dict[int, str] = {}
    label2id: dict[str, int] = {}
    problem_type: str | None = None


class PhotoClassifier(PhotoModule):
    """Pixels to logits."""

    def __init__(self, config: PhotoClassifierConfig) -> None:
        super().__init__()
        self.config = config
        self.vision_model = PhotoVisionModel(config.vision_config, tower=config.tower, pooling=False)
        self.classifier = nn.Linear(config.vision_config.hidden_size, config.num_labels)

    @classmethod
    def from_pretrained(cls, folder: Path) -> PhotoClassifier:
        """Loads what `save_pretrained` wrote.

        Raises:
            OSError, ValueError, RuntimeError: a file is missing, damaged or does not fit.
        """
        model = cls(PhotoClassifierConfig.model_validate_json((folder / "config.json").read_bytes()))
        model.load_state_dict(load_file(folder / "model.safetensors"))
        model.vision_model.embeddings.tower.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        return model.eval()

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Logits (B, M) of pixels (B, 3, H, W)."""
        return self.classifier(self.vision_model(pixel_values).last_hidden_state.mean(1))

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes config.json and model.safetensors."""
        state = {name: weight.contiguous() for name, weight in self.state_dict().items()}
        (Path(folder) / "model.safetensors").write_bytes(save(state, metadata={"format": "pt"}))
        text = json.dumps(self.config.model_dump(mode="json"), indent=1, ensure_ascii=False)
        (Path(folder) / "config.json").write_text(text + "\n", encoding="utf-8")
