"""From a checkpoint on disk to a backbone: safetensors only, no remote code, in evaluation mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from safetensors import safe_open

from mm_agent.errors import CheckpointError
from mm_agent.vision.checkpoints import Checkpoint
from mm_agent.vision.families.base import Backbone
from mm_agent.vision.families.clip import ClipBackbone
from mm_agent.vision.families.naflex import NaflexBackbone
from mm_agent.vision.families.photo import load_photo, load_photo_model
from mm_agent.vision.families.photo_processing import PhotoImageProcessor
from mm_agent.vision.families.siglip import SiglipBackbone
from mm_agent.vision.hardware import choose_attention, choose_device, choose_dtype


def load_backbone(
    checkpoint: Checkpoint, *, device: str = "auto", dtype: str = "auto", attn: str = "auto"
) -> Backbone:
    """Loads both towers, the image processor and the tokenizer of `checkpoint`.

    Args:
        checkpoint: a resolved checkpoint.
        device: auto, cpu, cuda, cuda:N or mps.
        dtype: auto, bfloat16, float16 or float32.
        attn: auto, sdpa, eager or flash_attention_2/3/4.

    Raises:
        CheckpointError: the files do not fit the model class.
        SettingsError, MissingDependency: see `mm_agent.vision.hardware`.
    """
    if checkpoint.family == "photo":
        return load_photo(checkpoint, device=device, dtype=dtype, attn=attn)
    place = choose_device(device)
    number = choose_dtype(dtype, place, parameters=_count_parameters(checkpoint))
    kernel = choose_attention(attn, place, number)
    backbone, model_class = _classes(checkpoint)
    with quiet():
        model = load_weights(checkpoint, model_class, dtype=number, attn=kernel)
        return backbone(model.to(place), *_processors(checkpoint))


def load_tower(checkpoint: Checkpoint, *, dtype: str = "auto", attn: str = "auto") -> tuple[Any, Any]:
    """The vision tower alone, on the CPU, and the checkpoint's image processor.

    Raises:
        CheckpointError: not a SigLIP checkpoint, or its files do not fit.
    """
    if checkpoint.family == "clip":
        raise CheckpointError(f"{checkpoint.path} is a CLIP checkpoint; SiglipVisionTower needs a SigLIP one")
    if checkpoint.family == "photo":
        model = load_photo_model(checkpoint, dtype=dtype, attn=attn).vision_model
        return model, PhotoImageProcessor.from_pretrained(checkpoint.path)
    import transformers
    from transformers import AutoImageProcessor

    name = "Siglip2VisionModel" if checkpoint.family == "naflex" else "SiglipVisionModel"
    place = choose_device("cpu")
    number = choose_dtype(dtype, place, parameters=_count_parameters(checkpoint))
    kernel = choose_attention(attn, place, number)
    with quiet():
        model = load_weights(checkpoint, getattr(transformers, name), dtype=number, attn=kernel)
        return model, AutoImageProcessor.from_pretrained(checkpoint.path, local_files_only=True)


def load_weights(checkpoint: Checkpoint, model_class: Any, *, dtype: torch.dtype, attn: str) -> Any:
    """A frozen `model_class` in evaluation mode with every one of its weights from `checkpoint`.

    Raises:
        CheckpointError: the files do not fit, or some weights are missing.
    """
    try:
        model, report = model_class.from_pretrained(
            checkpoint.path,
            dtype=dtype,
            attn_implementation=attn,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{checkpoint.path} cannot be loaded as {model_class.__name__}: {_line(error)}"
        ) from error
    _require_complete(checkpoint, report)
    return model.eval().requires_grad_(False)


@contextmanager
def quiet() -> Iterator[None]:
    """Silences transformers' progress bar and remarks about configs; real problems raise."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _classes(checkpoint: Checkpoint) -> tuple[type[Backbone], Any]:
    import transformers

    if checkpoint.family == "naflex":
        return NaflexBackbone, transformers.Siglip2Model
    if checkpoint.family == "clip":
        return ClipBackbone, transformers.CLIPModel
    return SiglipBackbone, transformers.SiglipModel


def _processors(checkpoint: Checkpoint) -> tuple[Any, Any]:
    from transformers import AutoImageProcessor, AutoTokenizer

    try:
        images = AutoImageProcessor.from_pretrained(checkpoint.path, local_files_only=True)
        words = AutoTokenizer.from_pretrained(checkpoint.path, local_files_only=True)
    except (OSError, ValueError, ImportError) as error:
        raise CheckpointError(f"{checkpoint.path}: image processor or tokenizer: {_line(error)}") from error
    return images, words


def _require_complete(checkpoint: Checkpoint, report: dict[str, Any]) -> None:
    """transformers fills missing weights with noise and only warns; noise must not answer questions."""
    missing = sorted(report["missing_keys"])
    if missing:
        raise CheckpointError(
            f"{checkpoint.path} lacks {len(missing)} weights ({missing[0]}, ...); fetch a complete checkpoint"
        )


def _count_parameters(checkpoint: Checkpoint) -> int:
    total = 0
    for path in checkpoint.weights:
        try:
            with safe_open(path, framework="pt") as file:
                names = file.keys()
                total += sum(torch.Size(file.get_slice(name).get_shape()).numel() for name in names)
        except Exception as error:  # safetensors raises its own type for a damaged header
            raise CheckpointError(f"{path} is not a readable safetensors file; fetch it again") from error
    return total


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
