"""The photo encoder: an ImageNet tower from its package, with what was trained on top of it here."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mm_agent.errors import CheckpointError, SettingsError
from mm_agent.vision.families.photo_model import TOWER_PREFIX, PhotoConfig, PhotoModel
from mm_agent.vision.families.photo_processing import PhotoImageProcessor, PhotoTokenizer
from mm_agent.vision.families.siglip import SiglipBackbone
from mm_agent.vision.hardware import choose_device, choose_dtype
from mm_agent.vision.photo.tower import damaged, tower_weights

if TYPE_CHECKING:
    from mm_agent.vision.checkpoints import Checkpoint


__all__ = ["PhotoBackbone", "load_photo", "load_photo_model", "load_tower_weights", "tower_weights"]


class PhotoBackbone(SiglipBackbone):
    """SigLIP's pooling and scores; convolutions in place of a vision transformer.

    Batches are small: the feature maps of 32 images fall out of a core's cache, which costs a third.
    """

    long_pass: ClassVar[int] = 8

    @property
    def attn(self) -> str:
        return "sdpa"


def load_photo(checkpoint: Checkpoint, *, device: str, dtype: str, attn: str) -> PhotoBackbone:
    """Both towers, the image processor and the tokenizer.

    Raises:
        CheckpointError: the files do not fit.
        SettingsError: an unknown device or dtype, or an attention kernel this family does not have.
    """
    place = choose_device(device)
    model = load_photo_model(checkpoint, dtype=dtype, attn=attn, device=place)
    processor = PhotoImageProcessor.from_pretrained(checkpoint.path)
    return PhotoBackbone(model, processor, PhotoTokenizer.from_pretrained(checkpoint.path))


def load_photo_model(
    checkpoint: Checkpoint, *, dtype: str = "auto", attn: str = "auto", device: torch.device | None = None
) -> PhotoModel:
    """The frozen model in evaluation mode.

    auto is float32 on every device: the model is small, and depthwise convolutions in bfloat16 are several
    times slower on CPUs.
    """
    device = device or torch.device("cpu")
    number = choose_dtype("float32" if dtype == "auto" else dtype, device, parameters=0)
    if attn not in ("auto", "sdpa"):
        raise SettingsError(f"attn {attn!r} does not exist for the photo encoder; use auto or sdpa")
    model = PhotoModel(_config(checkpoint.path), init_weights=False)
    *trained, tower = checkpoint.weights
    state = {name: weight for path in trained for name, weight in _read(path).items()}
    _load_trained(model, state, checkpoint.path)
    load_tower_weights(model, tower)
    model.vision_model.embeddings.tower.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return model.to(device=device, dtype=number).eval().requires_grad_(False)


def load_tower_weights(model: PhotoModel, path: Path) -> None:
    """Loads the published weights into the model's tower.

    Raises:
        CheckpointError: the file is damaged, or another variant's.
    """
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
        model.vision_model.embeddings.tower.load_published(published)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise damaged(path, type(error).__name__) from error


def _config(folder: Path) -> PhotoConfig:
    path = folder / "config.json"
    try:
        return PhotoConfig.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CheckpointError(f"{path}: {where}: {first['msg']}; fetch the checkpoint again") from error


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a readable safetensors file; fetch it again") from error


def _load_trained(model: PhotoModel, state: dict[str, Tensor], folder: Path) -> None:
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(f"{folder} cannot be loaded as PhotoModel: {reason}") from error
    missing = sorted(name for name in missing if not name.startswith(TOWER_PREFIX))
    if missing:
        raise CheckpointError(
            f"{folder} lacks {len(missing)} weights ({missing[0]}, ...); fetch a complete checkpoint"
        )
    if unexpected:
        raise CheckpointError(f"{folder} has weights PhotoModel does not know ({unexpected[0]}, ...)")
