"""A domain head: a fine-tuned classifier, as a folder that looks at pictures and names its own labels.

FOLDER/config.json, model.safetensors, preprocessor_config.json   what transformers loads by itself
FOLDER/head.json           labels, thresholds, calibration, encoder, the weights' hash
FOLDER/cache.safetensors   the key-value cache of a Tip-Adapter head (arXiv 2207.09519), if it is one
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor, nn

from mm_agent.errors import CheckpointError, FingerprintMismatch
from mm_agent.vision.card import Language
from mm_agent.vision.fingerprint import file_hash
from mm_agent.vision.hardware import choose_cores, choose_device
from mm_agent.vision.tagging import LabelScore
from mm_agent.vision.worker import Worker

HEAD_FILE = "head.json"
CACHE_FILE = "cache.safetensors"
WEIGHTS_FILE = "model.safetensors"
Method = Literal["linear", "adapter", "lora", "full"]


class HeadConfig(BaseModel):
    """What transformers' own files have no place for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = Field(min_length=2, description="The domain's labels, in the logits' order.")
    exclusive: bool = Field(description="True: exactly one label is right (softmax); false: any number.")
    thresholds: tuple[float, ...] = Field(description="Probability from which each label counts as present.")
    slopes: tuple[float, ...] = Field(
        description="Calibration: probability = sigmoid(slope * logit + shift)."
    )
    shifts: tuple[float, ...] = Field(description="The same; all 0 where labels are exclusive.")
    method: Method = Field(description="How it was trained.")
    encoder: str = Field(description="Fingerprint of the encoder it was made from.")
    encoder_name: str = Field(description="That encoder's name.")
    notice: dict[Language, str] = Field(
        default_factory=dict, description="One honest line about the weights."
    )
    weights: str = Field(description="SHA-256 of model.safetensors.")

    @model_validator(mode="after")
    def _one_each(self) -> HeadConfig:
        sizes = {len(self.labels), len(self.thresholds), len(self.slopes), len(self.shifts)}
        if len(sizes) > 1:
            raise ValueError("labels, thresholds, slopes and shifts differ in length")
        return self

    def probabilities(self, logits: Tensor) -> Tensor:
        """Calibrated probabilities (N, M) of logits (N, M)."""
        scaled = logits.float() * torch.tensor(self.slopes) + torch.tensor(self.shifts)
        return scaled.softmax(-1) if self.exclusive else scaled.sigmoid()


class TipCache(nn.Module):
    """A Tip-Adapter's cache: what a picture shares with labelled ones, added to the logits.

    Args:
        keys: (K, D) unit features of labelled pictures, centred by `centre` and `spread` (D,).
        values: (K, M) what each says about the labels.
        weight: how much the cache counts; sharpness: how fast it fades with distance.
    """

    keys: Tensor
    values: Tensor
    centre: Tensor
    spread: Tensor
    strength: Tensor

    def __init__(self, parts: dict[str, Tensor]) -> None:
        super().__init__()
        for name in ("keys", "values", "centre", "spread", "strength"):
            self.register_buffer(name, parts[name])

    def forward(self, features: Tensor) -> Tensor:
        """What to add to the logits, (N, M), for mean-pooled features (N, D)."""
        unit = F.normalize((features - self.centre) / self.spread, dim=-1)
        weight, sharpness = self.strength
        return weight * torch.exp(sharpness * (unit @ self.keys.T - 1)) @ self.values


class HeadNet(nn.Module):
    """Pixels to logits: ``SiglipForImageClassification`` or ``PhotoClassifier``, with or without a cache."""

    def __init__(self, model: Any, cache: TipCache | None = None) -> None:
        super().__init__()
        self.model, self.cache = model, cache

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Logits (N, M) of pixels (N, 3, H, W)."""
        tokens = self.model.vision_model(pixel_values).last_hidden_state  # (N, S, D)
        pooled = tokens.mean(1)
        logits = self.model.classifier(pooled)
        return logits if self.cache is None else logits + self.cache(pooled)


@dataclass(frozen=True)
class DomainHead:
    """A loaded head; safe to share between threads."""

    folder: Path
    config: HeadConfig
    net: HeadNet
    processor: Any
    worker: Worker

    def logits(self, images: Sequence[Image.Image]) -> Tensor:
        """Raw logits (N, M) of pictures, float32 on the CPU."""

        def look() -> Tensor:
            pixels = self.processor(images=[image.convert("RGB") for image in images], return_tensors="pt")
            weight = self.net.model.classifier.weight
            return self.net(pixels["pixel_values"].to(weight.device, weight.dtype)).float().cpu()

        return self.worker.run(look).clone()

    def classify(
        self, image: Image.Image, *, top_k: int | None = None, labels: Sequence[str] | None = None
    ) -> list[LabelScore]:
        """The domain's labels with calibrated scores, best first; `labels` keeps only these."""
        config = self.config
        row = config.probabilities(self.logits([image]))[0].tolist()
        scores = [
            LabelScore(label, score, score >= threshold)
            for label, score, threshold in zip(config.labels, row, config.thresholds, strict=True)
            if labels is None or label in labels
        ]
        return sorted(scores, key=lambda found: -found.score)[:top_k]


def load_head(folder: Path, *, device: str = "auto") -> DomainHead:
    """Load a head; the same unchanged folder twice gives the same object.

    Args:
        folder: the head's folder, or the run's that made it.
        device: as for the encoder.

    Raises:
        CheckpointError: there is no head, or its files cannot be read.
        FingerprintMismatch: its weights are not those it was calibrated with.
    """
    path = _find(Path(folder).expanduser())
    return _load(path, (path / HEAD_FILE).stat().st_mtime_ns, device)


def _find(folder: Path) -> Path:
    for path in (folder, folder / "head"):
        if (path / HEAD_FILE).is_file():
            return path
    raise CheckpointError(
        f"{folder} has no {HEAD_FILE}, so it is no domain head; mm-agent finetune classify makes one"
    )


@lru_cache(maxsize=4)
def _load(folder: Path, _modified: int, device: str) -> DomainHead:
    config = read_head_config(folder)
    weights = folder / WEIGHTS_FILE
    if not weights.is_file() or file_hash(weights) != config.weights:
        raise FingerprintMismatch(
            f"{weights} is missing or not the file this head was calibrated with; copy the whole folder again"
        )
    place = choose_device(device)
    net, processor = load_net(folder)
    return DomainHead(
        folder=folder,
        config=config,
        net=net.to(place),
        processor=processor,
        worker=Worker(choose_cores(place, parameters=net.model.num_parameters())),
    )


def read_head_config(folder: Path) -> HeadConfig:
    """Read ``head.json``.

    Raises:
        CheckpointError: it is missing, or no such file.
    """
    path = folder / HEAD_FILE
    try:
        return HeadConfig.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CheckpointError(f"{path}: {where}: {first['msg']}; train the head again") from error


def load_net(folder: Path) -> tuple[HeadNet, Any]:
    """The model in evaluation mode on the CPU, and its image processor.

    Raises:
        CheckpointError: the files do not fit.
    """
    from safetensors.torch import load_file

    try:
        model, processor = _load_classifier(folder)
        cache = TipCache(load_file(folder / CACHE_FILE)) if (folder / CACHE_FILE).is_file() else None
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{folder} cannot be loaded as a classifier: {reason}") from error
    return HeadNet(model, cache).eval().requires_grad_(False), processor


def _load_classifier(folder: Path) -> tuple[Any, Any]:
    """The classifier and its image processor, by the model type in config.json."""
    from mm_agent.vision.families.photo_classifier import CLASSIFIER_TYPE, PhotoClassifier

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type") == CLASSIFIER_TYPE:
        from mm_agent.vision.families.photo_processing import PhotoImageProcessor

        return PhotoClassifier.from_pretrained(folder), PhotoImageProcessor.from_pretrained(folder)

    from transformers import AutoImageProcessor, SiglipForImageClassification

    from mm_agent.vision.families.loading import quiet

    with quiet():
        model = SiglipForImageClassification.from_pretrained(folder, local_files_only=True)
        return model, AutoImageProcessor.from_pretrained(folder, local_files_only=True)
