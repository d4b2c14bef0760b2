"""What every family offers the encoder. Methods expect `torch.inference_mode` and the model's device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import ShapeError

ScoreMode = Literal["sigmoid", "softmax"]


@dataclass(frozen=True)
class Inputs:
    """A preprocessed micro-batch on the model's device.

    Attributes:
        pixels: (B, C, H, W), or (B, S, patch² · C) for NaFlex.
        mask: NaFlex only, (B, S), 1 on real patches.
        shapes: NaFlex only, (B, 2), rows and columns of each picture.
    """

    pixels: Tensor
    mask: Tensor | None = None
    shapes: Tensor | None = None

    @classmethod
    def joined(cls, parts: Sequence[Inputs]) -> Inputs:
        """One batch of several."""

        def column(name: str) -> Tensor | None:
            tensors = [getattr(part, name) for part in parts]
            return None if tensors[0] is None else torch.cat(tensors)

        return cls(torch.cat([part.pixels for part in parts]), column("mask"), column("shapes"))


class Backbone(ABC):
    """A model with two towers, its image processor and its tokenizer."""

    score_mode: ClassVar[ScoreMode] = "sigmoid"
    long_pass: ClassVar[int] = 32
    """Images a batch, or more, where many go through and nobody waits for the first one."""

    def __init__(self, model: Any, image_processor: Any, tokenizer: Any) -> None:
        self.model = model
        self.vision = model.vision_model
        self.image_processor = image_processor
        self.tokenizer = tokenizer

    @property
    def attn(self) -> str:
        """The attention kernel in use."""
        return self.model.config._attn_implementation

    @property
    def hidden_size(self) -> int:
        """Width of a patch feature."""
        return self.model.config.vision_config.hidden_size

    @property
    def embed_dim(self) -> int:
        """Width of a pooled vector."""
        return self.hidden_size

    @property
    def max_length(self) -> int:
        """Tokens the text tower reads."""
        return self.model.config.text_config.max_position_embeddings

    @property
    def grid(self) -> tuple[int, int]:
        """Patch rows and columns of a picture (the trained position grid for NaFlex)."""
        config = self.model.config.vision_config
        (height, width), (down, across) = as_pair(config.image_size), as_pair(config.patch_size)
        return height // down, width // across

    def grid_for(self, image: Image.Image) -> tuple[int, int]:
        """Patch rows and columns of this picture."""
        return self.grid

    def preprocess(self, images: Sequence[Image.Image]) -> Inputs:
        """RGB pictures to model inputs, in the model's number type."""
        batch = self.image_processor(images=list(images), return_tensors="pt")
        return Inputs(batch["pixel_values"].to(device=self.model.device, dtype=self.model.dtype))

    def hidden(self, inputs: Inputs, layer: int) -> Tensor:
        """Tokens (B, S, hidden) after `layer` blocks: 0 is the embedding, -1 the last block, as in
        hidden_states.

        Later blocks are not computed.
        """
        tokens, mask = self.embed(inputs)
        return run_blocks(self.vision, tokens, mask, layer)

    def hidden_layers(self, inputs: Inputs) -> list[Tensor]:
        """Tokens (B, S, hidden) after every block, first to last, in one pass; of a tower without blocks, the
        embedding."""
        tokens, mask = self.embed(inputs)
        layers = []
        for block in self.vision.encoder.layers:
            tokens = block(tokens, mask)
            layers.append(tokens)
        return layers or [tokens]

    def norm(self, tokens: Tensor) -> Tensor:
        """The tower's final layer norm."""
        return self.vision.post_layernorm(tokens)

    @abstractmethod
    def embed(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        """First tokens (B, S, hidden) and the attention mask of the blocks."""

    @abstractmethod
    def pool(self, tokens: Tensor, inputs: Inputs) -> Tensor:
        """Picture vectors (B, D) from the last block's tokens after `norm`."""

    @abstractmethod
    def patches(self, tokens: Tensor, inputs: Inputs) -> list[Tensor]:
        """The patch grid (rows, cols, hidden) of each picture; no class token, no padding."""

    @abstractmethod
    def pool_regions(self, tokens: Tensor, masks: Tensor) -> Tensor:
        """Vectors (R, D) of one picture's normed patches (N, hidden) under boolean `masks` (R, N)."""

    @abstractmethod
    def pool_gradients(self, tokens: Tensor, words: Tensor) -> Tensor:
        """How the cosines with `words` (M, D) grow with the pooling attention on each patch.

        For normed patches (L, N, hidden) of L layers: (M, L, heads, N).
        """

    @abstractmethod
    def texts(self, ids: Tensor) -> Tensor:
        """Text vectors (M, D) of token ids (M, max_length)."""

    @property
    def scale(self) -> Tensor:
        """Factor of the cosine, float32 on the CPU."""
        return self.model.logit_scale.detach().float().cpu().exp()

    @property
    def bias(self) -> Tensor:
        """Learned bias of the sigmoid loss, float32 on the CPU; 0 for a softmax family."""
        bias = getattr(self.model, "logit_bias", None)
        return torch.zeros(1) if bias is None else bias.detach().float().cpu()


def run_blocks(vision: Any, tokens: Tensor, mask: Tensor | None, layer: int) -> Tensor:
    """Tokens (B, S, hidden) through a vision tower's blocks up to `layer`, counted as in hidden_states.

    Raises:
        ShapeError: the tower has no such layer.
    """
    blocks = vision.encoder.layers
    depth = len(blocks)
    if not -depth - 1 <= layer <= depth:
        raise ShapeError(
            f"layer {layer} does not exist; the vision tower has {depth} blocks: use {-depth - 1} to {depth} "
            "(0: before the first)"
        )
    for block in blocks[: layer if layer >= 0 else depth + 1 + layer]:
        tokens = block(tokens, mask)
    return tokens


def as_pair(size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width from a config's number or pair."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])
