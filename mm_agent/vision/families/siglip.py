"""SigLIP 1 and fixed-size SigLIP 2 (transformers' `SiglipModel`), and the demo weights."""

from __future__ import annotations

from torch import Tensor

from mm_agent.vision.families.base import Backbone, Inputs
from mm_agent.vision.families.map_head import attention_gradients, pool_under_masks


class SiglipBackbone(Backbone):
    """No class token: an attention-pooling (MAP) head makes the picture's vector."""

    def embed(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        return self.vision.embeddings(inputs.pixels), None

    def pool(self, tokens: Tensor, inputs: Inputs) -> Tensor:
        return self.vision.head(tokens)

    def patches(self, tokens: Tensor, inputs: Inputs) -> list[Tensor]:
        rows, cols = self.grid
        return list(tokens.unflatten(1, (rows, cols)))

    def pool_regions(self, tokens: Tensor, masks: Tensor) -> Tensor:
        return pool_under_masks(self.vision.head, tokens, masks)

    def pool_gradients(self, tokens: Tensor, words: Tensor) -> Tensor:
        return attention_gradients(self.vision.head, tokens, words)

    def texts(self, ids: Tensor) -> Tensor:
        return self.model.get_text_features(input_ids=ids).pooler_output
