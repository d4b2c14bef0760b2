"""SigLIP 2 NaFlex (transformers' `Siglip2Model`): pictures keep their shape, each has its own grid."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from mm_agent.vision.families.base import Inputs
from mm_agent.vision.families.siglip import SiglipBackbone


class NaflexBackbone(SiglipBackbone):
    """Pads each picture's patches to the processor's ``max_num_patches`` and masks the padding."""

    @property
    def grid(self) -> tuple[int, int]:
        side = int(self.model.config.vision_config.num_patches**0.5)
        return side, side

    def grid_for(self, image: Image.Image) -> tuple[int, int]:
        from transformers.models.siglip2.image_processing_siglip2 import get_image_size_for_max_num_patches

        patch = self.image_processor.patch_size
        height, width = get_image_size_for_max_num_patches(
            image.height, image.width, patch, self.image_processor.max_num_patches
        )
        return height // patch, width // patch

    def preprocess(self, images: Sequence[Image.Image]) -> Inputs:
        batch = self.image_processor(images=list(images), return_tensors="pt")
        device = self.model.device
        shapes = torch.as_tensor(batch["spatial_shapes"])
        longest = int(shapes.prod(-1).max())  # padding beyond the largest grid changes nothing
        pixels = batch["pixel_values"][:, :longest].to(device=device, dtype=self.model.dtype)
        return Inputs(pixels, batch["pixel_attention_mask"][:, :longest].to(device), shapes.to(device))

    def embed(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        from transformers.masking_utils import create_bidirectional_mask

        tokens = self.vision.embeddings(inputs.pixels, inputs.shapes)
        mask = create_bidirectional_mask(
            config=self.vision.config, inputs_embeds=tokens, attention_mask=inputs.mask
        )
        return tokens, mask

    def pool(self, tokens: Tensor, inputs: Inputs) -> Tensor:
        return self.vision.head(tokens, inputs.mask)

    def patches(self, tokens: Tensor, inputs: Inputs) -> list[Tensor]:
        assert inputs.shapes is not None
        grids = []
        for row, (rows, cols) in zip(tokens, inputs.shapes.tolist(), strict=True):
            grids.append(row[: rows * cols].unflatten(0, (rows, cols)))
        return grids
