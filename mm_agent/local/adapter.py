"""A LoRA adapter (arXiv 2106.09685) that was trained together with a projector, added into the weights."""

from __future__ import annotations

import warnings
from pathlib import Path

from transformers import PreTrainedModel

from mm_agent.errors import LocalModelError, MissingDependency
from mm_agent.projection.soft.storage import find_projector

ADAPTER = "adapter"
"""The folder beside a projector's files, as PEFT writes it."""


def adapter_of(projector: str | Path) -> Path | None:
    """The adapter that belongs to a projector's folder, or None."""
    folder = find_projector(projector) / ADAPTER
    return folder if (folder / "adapter_config.json").is_file() else None


def with_adapter(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Add an adapter into a model's weights, so that it costs nothing afterwards.

    Raises:
        MissingDependency: PEFT is not installed.
        LocalModelError: The adapter does not fit the model, or its files cannot be used.
    """
    try:
        from peft import PeftModel
    except ImportError as error:
        raise MissingDependency(
            f"{folder} is a LoRA adapter and needs peft: pip install 'mm-agent[finetune]'"
        ) from error
    if not (folder / "adapter_model.safetensors").is_file():
        raise LocalModelError(f"{folder} has no adapter_model.safetensors; pickled adapters are refused")
    try:
        with warnings.catch_warnings():  # PEFT 0.21 asks transformers by a name that 5.23 calls old
            warnings.filterwarnings("ignore", ".*is_gradient_checkpointing.*", FutureWarning)
            return PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LocalModelError(
            f"the adapter {folder} does not fit this language model: {reason}; load the one it was trained on"
        ) from error
