"""From pictures to what a projector reads: patches of one layer, and the pooled vector if wanted."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import ProjectorError
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.vision.encoder import SiglipEncoder


def picture_features(
    encoder: SiglipEncoder, pictures: Sequence[Image.Image], config: ProjectorConfig
) -> Tensor:
    """Features (B, N, D_vision) float32 of pictures, as `Projector.forward` takes them.

    NaFlex gives each picture a grid of its own; a projector has one for all, so that NaFlex sees the picture
    drawn into a square, as encoders of a fixed size do.

    Raises:
        ProjectorError: the encoder's width or grid is not the config's, or a feature is not a finite number.
    """
    if encoder.hidden_size != config.vision_width:
        raise ProjectorError(
            f"the projector reads features of width {config.vision_width}, but {encoder.checkpoint.name} "
            f"gives {encoder.hidden_size}; load the encoder it was made for"
        )
    shown = [square(encoder, picture) for picture in pictures]
    norm = config.vision_layer == -1  # PaliGemma and nanoVLM take the last layer with it, LLaVA -2 without
    grids = encoder.patch_features(shown, layer=config.vision_layer, post_norm=norm)  # (B, rows, cols, D)
    if tuple(grids.shape[1:3]) != config.grid:
        raise ProjectorError(
            f"the projector reads {config.grid[0]} x {config.grid[1]} patches, but {encoder.checkpoint.name} "
            f"gives {grids.shape[1]} x {grids.shape[2]}; load the encoder it was made for"
        )
    features = grids.flatten(1, 2)  # (B, rows · cols, D)
    if config.select == "patches_and_pooled":
        features = torch.cat([features, _pooled(encoder, shown)], 1)
    _require_finite(features, encoder)
    return features


def square(encoder: SiglipEncoder, picture: Image.Image) -> Image.Image:
    """The picture as the encoder's fixed grid sees it; only NaFlex needs it drawn into a square."""
    if encoder.family != "naflex":
        return picture
    height, width = encoder.image_size
    return picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)


def picture_grid(encoder: SiglipEncoder) -> tuple[int, int]:
    """Rows and columns of patches that `picture_features` gives: what ``ProjectorConfig.grid`` must be."""
    return encoder.grid_for(square(encoder, Image.new("RGB", (64, 64))))


def _pooled(encoder: SiglipEncoder, pictures: Sequence[Image.Image]) -> Tensor:
    vectors = encoder.embed_images(pictures, normalize=False)  # (B, D_pooled)
    if vectors.shape[1] != encoder.hidden_size:
        raise ProjectorError(
            f"{encoder.checkpoint.name} pools into width {vectors.shape[1]}, not its patches' "
            f"{encoder.hidden_size}; use select='patches'"
        )
    return vectors[:, None]


def _require_finite(features: Tensor, encoder: SiglipEncoder) -> None:
    bad = (~features.isfinite()).flatten(1).any(1).nonzero().flatten().tolist()
    if bad:
        raise ProjectorError(
            f"picture {bad[0] + 1} has features that are not numbers in {_name(encoder.dtype)}; load the "
            "encoder with dtype float32 or bfloat16"
        )


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
