"""SiglipVisionTower: the vision half of a SigLIP checkpoint as a feature extractor for projectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mm_agent.errors import CheckpointError, SettingsError, ShapeError
from mm_agent.vision.checkpoints import Checkpoint, resolve_checkpoint
from mm_agent.vision.families.base import as_pair, run_blocks
from mm_agent.vision.families.loading import load_tower


@dataclass(frozen=True)
class VisionTowerConfig:
    """What a tower's user expects of it; what a checkpoint fixes is compared with the checkpoint.

    Attributes:
        vision_tower_name: the checkpoint: photo, demo, alias, hub id or local folder.
        img_size: pixels a side of a picture.
        patch_size: pixels a side of a patch.
        hidden_size: width of a patch feature.
        num_frames: frames of a clip; 1 takes pictures, and clips of any length.
        mm_vision_select_layer: as in hidden_states: -1 the last block followed by the final layer norm
            (PaliGemma, nanoVLM), any other layer as it is (LLaVA takes -2).
        select_feature: "patch"; SigLIP has no class token, so LLaVA's "cls_patch" is refused.
    """

    vision_tower_name: str
    img_size: int = 224
    patch_size: int = 16
    hidden_size: int = 768
    num_frames: int = 1
    mm_vision_select_layer: int = -1
    select_feature: Literal["patch"] = "patch"

    def __post_init__(self) -> None:
        if self.select_feature != "patch":
            raise SettingsError(
                f"select_feature is {self.select_feature!r}, but SigLIP has no class token; use 'patch'"
            )
        for name in ("img_size", "patch_size", "hidden_size", "num_frames"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}; use 1 or more")


class SiglipVisionTower(nn.Module):
    """A frozen SigLIP vision tower.

    Args:
        name_or_path: the checkpoint to load (`config.vision_tower_name` is what the config was written for).
        config: expectations, see `VisionTowerConfig`.
        dtype: auto, bfloat16, float16 or float32 (of the computation; features are float32).
        attn: auto, sdpa or eager; the tower loads on the CPU and moves with ``.to(device)``.

    Raises:
        CheckpointError: no such checkpoint, not a SigLIP one, or one that disagrees with `config`.
    """

    def __init__(
        self, name_or_path: str | Path, config: VisionTowerConfig, *, dtype: str = "auto", attn: str = "auto"
    ) -> None:
        super().__init__()
        checkpoint = resolve_checkpoint(str(name_or_path))
        self.config = config
        self.vision_tower, processor = load_tower(checkpoint, dtype=dtype, attn=attn)
        self._variable = checkpoint.family == "naflex"
        _require_agreement(checkpoint, config, self.vision_tower.config)
        self.vision_processor = _square_processor(processor, config) if self._variable else processor

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Patch features of pictures or clips.

        Args:
            pixel_values: (B, C, H, W) from ``vision_processor``, or (B, T, C, H, W).

        Returns:
            (B, T, W, H, hidden) float32 with T = 1 for pictures. Axes 2 and 3 are the patch grid in
            row-major order (rows, columns): ``features[0, 0].mean(-1)`` shown as an image stands upright.

        Raises:
            ShapeError: another shape, another picture size, or a clip of another length than ``num_frames``.
        """
        batch, frames = self._leading(pixel_values)
        with torch.inference_mode():
            flat = pixel_values.reshape(-1, *pixel_values.shape[-3:])  # (B · T, C, H, W)
            tokens = self._features(flat.to(device=self.vision_tower.device, dtype=self.vision_tower.dtype))
        rows, cols = self.grid
        return tokens.float().clone().reshape(batch, frames, rows, cols, -1)  # cloned: projectors train on it

    @property
    def grid(self) -> tuple[int, int]:
        """Patch rows and columns."""
        side = self.config.img_size // self.config.patch_size
        return side, side

    def _features(self, pixels: Tensor) -> Tensor:
        layer = self.config.mm_vision_select_layer
        if self._variable:
            shapes = torch.tensor([self.grid] * len(pixels), device=pixels.device)
            first = self.vision_tower.embeddings(_patchify(pixels, self.config.patch_size), shapes)
        else:
            first = self.vision_tower.embeddings(pixels)
        tokens = run_blocks(self.vision_tower, first, None, layer)  # (B · T, rows · cols, hidden)
        return self.vision_tower.post_layernorm(tokens) if layer == -1 else tokens

    def _leading(self, pixels: Tensor) -> tuple[int, int]:
        size = self.config.img_size
        if pixels.ndim not in (4, 5) or tuple(pixels.shape[-3:]) != (3, size, size):
            raise ShapeError(
                f"pixel_values must be (B, 3, {size}, {size}) or (B, T, 3, {size}, {size}); "
                f"got {tuple(pixels.shape)}"
            )
        frames = pixels.shape[1] if pixels.ndim == 5 else 1
        if self.config.num_frames not in (1, frames):
            raise ShapeError(
                f"config.num_frames is {self.config.num_frames}, but the clip has {frames} frames"
            )
        return pixels.shape[0], frames


def _require_agreement(checkpoint: Checkpoint, config: VisionTowerConfig, found: Any) -> None:
    facts = {"patch_size": as_pair(found.patch_size)[0], "hidden_size": found.hidden_size}
    if checkpoint.family != "naflex":  # NaFlex takes any size its position grid can be stretched to
        facts["img_size"] = as_pair(found.image_size)[0]
    wrong = [
        f"{key} {getattr(config, key)} (checkpoint: {value})"
        for key, value in facts.items()
        if getattr(config, key) != value
    ]
    if wrong:
        raise CheckpointError(
            f"VisionTowerConfig disagrees with {checkpoint.name}: {', '.join(wrong)}; correct the config"
        )


def _square_processor(processor: Any, config: VisionTowerConfig) -> Any:
    """NaFlex's own processor keeps each picture's shape; the tower's fixed grid wants squares."""
    from transformers import SiglipImageProcessor

    if config.img_size % config.patch_size:
        raise CheckpointError(f"NaFlex needs img_size to be a multiple of patch_size; got {config.img_size}")
    return SiglipImageProcessor(
        size={"height": config.img_size, "width": config.img_size},
        resample=processor.resample,
        image_mean=processor.image_mean,
        image_std=processor.image_std,
    )


def _patchify(pixels: Tensor, patch: int) -> Tensor:
    """(B, C, H, W) to (B, rows · cols, patch² · C) in Siglip2ImageProcessor's order, channels last."""
    blocks = pixels.unfold(2, patch, patch).unfold(3, patch, patch)  # (B, C, rows, cols, patch, patch)
    return blocks.permute(0, 2, 3, 4, 5, 1).flatten(3).flatten(1, 2)
