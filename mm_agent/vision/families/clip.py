"""CLIP (transformers' `CLIPModel`), the softmax baseline SigLIP is compared with."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision.families.base import Backbone, Inputs, ScoreMode


class ClipBackbone(Backbone):
    """A class token carries the picture; it is left out of the patch grid."""

    score_mode: ClassVar[ScoreMode] = "softmax"

    @property
    def embed_dim(self) -> int:
        return self.model.config.projection_dim

    def embed(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        return self.vision.pre_layrnorm(self.vision.embeddings(inputs.pixels)), None

    def pool(self, tokens: Tensor, inputs: Inputs) -> Tensor:
        return self.model.visual_projection(tokens[:, 0])

    def patches(self, tokens: Tensor, inputs: Inputs) -> list[Tensor]:
        rows, cols = self.grid
        return list(tokens[:, 1:].unflatten(1, (rows, cols)))

    def pool_regions(self, tokens: Tensor, masks: Tensor) -> Tensor:
        raise VisionError(
            "CLIP has no attention-pooling head, so no region vectors; load a SigLIP checkpoint instead"
        )

    def pool_gradients(self, tokens: Tensor, words: Tensor) -> Tensor:
        raise VisionError(
            "CLIP has no attention-pooling head, so no LeGrad maps; load a SigLIP checkpoint instead"
        )

    def texts(self, ids: Tensor) -> Tensor:
        return self.model.get_text_features(input_ids=ids).pooler_output
