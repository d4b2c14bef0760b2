"""The photo encoder's model: SigLIP on a locked convolutional tower (SigLiT, section 3 of arXiv 2303.15343).

The vision side projects the feature maps of EfficientNet-Lite to tokens, runs SigLIP's transformer blocks on
them (none to a few) and pools with SigLIP's attention-pooling head. The text side is a small bidirectional
transformer over SentencePiece tokens, averaged. Modules and parameters are named as in transformers'
`SiglipModel`, but nothing of transformers is imported: see docs/decisions/0010-photo-encoder.md.

A checkpoint holds what was trained here; the tower's weights come from their own package.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from safetensors.torch import save
from torch import Tensor, nn

from mm_agent.vision.families.efficientnet_lite import EfficientNetLite
from mm_agent.vision.families.siglip_layers import (
    SiglipAttentionPoolingHead,
    SiglipEncoder,
    init_siglip_weights,
)

TowerVariant = Literal["lite0", "lite2"]
MODEL_TYPE = "photo_siglip"
TOWER_PREFIX = "vision_model.embeddings.tower."


class PhotoVisionConfig(BaseModel):
    """The vision side, named as in transformers' `SiglipVisionConfig`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    hidden_size: int = Field(gt=0, description="width of a token and of an image vector")
    intermediate_size: int = Field(gt=0, description="width of the MLPs")
    num_hidden_layers: int = Field(ge=0, description="transformer blocks on top of the tower")
    num_attention_heads: int = Field(gt=0, description="of the blocks and of the pooling head")
    image_size: int = Field(gt=0, multiple_of=32, description="pixels a side of an image")
    patch_size: Literal[32] = Field(32, description="the tower's total stride")
    layer_norm_eps: float = 1e-6


class PhotoTextConfig(BaseModel):
    """The text side, named as in transformers' `SiglipTextConfig`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    vocab_size: int = Field(gt=0, description="SentencePiece pieces")
    hidden_size: int = Field(gt=0, description="width of the blocks")
    intermediate_size: int = Field(gt=0, description="width of the MLPs")
    num_hidden_layers: int = Field(ge=0, description="transformer blocks")
    num_attention_heads: int = Field(gt=0, description="of the blocks")
    max_position_embeddings: int = Field(gt=0, description="tokens of the longest text")
    projection_size: int = Field(gt=0, description="width of a text vector")
    pad_token_id: int = 0
    layer_norm_eps: float = 1e-6


class PhotoConfig(BaseModel):
    """Both sides; ``config.json`` in a checkpoint."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_type: Literal["photo_siglip"] = MODEL_TYPE
    tower: TowerVariant = Field("lite2", description="variant of EfficientNet-Lite")
    token_embedding_size: int = Field(192, gt=0, description="width of the token embedding, before `widen`")
    vision_config: PhotoVisionConfig
    text_config: PhotoTextConfig


class TowerOutput(NamedTuple):
    """What a tower gives, named as in transformers.

    Attributes:
        last_hidden_state: features (B, N, hidden) after the final layer norm.
        pooler_output: vectors (B, D).
    """

    last_hidden_state: Tensor
    pooler_output: Tensor | None


class PhotoModule(nn.Module):
    """The parts of transformers' `PreTrainedModel` that encoders use."""

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype

    def num_parameters(self) -> int:
        return sum(weight.numel() for weight in self.parameters())


class ConvEmbeddings(nn.Module):
    """Pixels to tokens: feature maps of three depths, averaged to the last grid, normalised and projected."""

    def __init__(self, vision: PhotoVisionConfig, *, tower: TowerVariant) -> None:
        super().__init__()
        self.tower = EfficientNetLite(tower)
        *low, head = self.tower.channels
        self.low_norm = nn.LayerNorm(sum(low))
        self.projection = nn.Linear(head + sum(low), vision.hidden_size)
        side = vision.image_size // vision.patch_size
        self.position_embedding = nn.Parameter(torch.zeros(1, side * side, vision.hidden_size))

    def forward(self, pixel_values: Tensor) -> Tensor:
        """(B, 3, H, W) to tokens (B, N, hidden)."""
        mid, deep, head = self.tower(pixel_values)
        low = torch.cat([F.adaptive_avg_pool2d(part, head.shape[-2:]) for part in (mid, deep)], dim=1)
        return self.project(low.flatten(2).transpose(1, 2), head.flatten(2).transpose(1, 2))

    def project(self, low: Tensor, head: Tensor) -> Tensor:
        """Tokens (B, N, hidden) of the tower's maps (B, N, C); training starts here, on stored maps."""
        return self.projection(torch.cat([self.low_norm(low), head], dim=-1)) + self.position_embedding


class PhotoVisionModel(PhotoModule):
    """Tokens through blocks and layer norm, and attention pooling where it is wanted."""

    def __init__(
        self, config: PhotoVisionConfig, *, tower: TowerVariant = "lite2", pooling: bool = True
    ) -> None:
        super().__init__()
        self.config = config
        shape = config.hidden_size, config.intermediate_size, config.num_attention_heads
        eps = config.layer_norm_eps
        self.embeddings = ConvEmbeddings(config, tower=tower)
        self.encoder = SiglipEncoder(config.num_hidden_layers, *shape, eps=eps)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, eps=eps)
        self.head = SiglipAttentionPoolingHead(*shape, eps=eps) if pooling else None

    def forward(self, pixel_values: Tensor) -> TowerOutput:
        return self.pooled(self.embeddings(pixel_values))

    def pooled(self, tokens: Tensor) -> TowerOutput:
        """Features (B, N, hidden) and vectors (B, hidden) of the embeddings' tokens."""
        features = self.post_layernorm(self.encoder(tokens))
        return TowerOutput(features, None if self.head is None else self.head(features))


class PhotoTextModel(PhotoModule):
    """Token ids to a vector: embeddings, blocks with the padding masked, mean, projection."""

    def __init__(self, config: PhotoConfig) -> None:
        super().__init__()
        self.config = text = config.text_config
        width = text.hidden_size
        self.token_embedding = nn.Embedding(text.vocab_size, config.token_embedding_size)
        self.widen = nn.Linear(config.token_embedding_size, width)
        self.position_embedding = nn.Parameter(torch.zeros(1, text.max_position_embeddings, width))
        self.encoder = SiglipEncoder(
            text.num_hidden_layers,
            width,
            text.intermediate_size,
            text.num_attention_heads,
            eps=text.layer_norm_eps,
        )
        self.final_layer_norm = nn.LayerNorm(width, eps=text.layer_norm_eps)
        self.head = nn.Linear(width, text.projection_size)

    def forward(self, input_ids: Tensor) -> TowerOutput:
        """Vectors (M, D) of ids (M, S), padded on the right.

        Padding has no influence, and what all texts of the batch are padded with is cut off first.
        """
        real = input_ids != self.config.pad_token_id  # (M, S)
        real[:, 0] = True  # a row of padding alone is no text, but must not become NaN
        length = int(real.sum(1).max())
        ids, real = input_ids[:, :length], real[:, :length]
        tokens = self.widen(self.token_embedding(ids)) + self.position_embedding[:, :length]
        features = self.final_layer_norm(self.encoder(tokens, real[:, None, None]))
        weights = real[..., None].to(features.dtype)
        mean = (features * weights).sum(1) / weights.sum(1)
        return TowerOutput(features, self.head(mean))


class PhotoModel(PhotoModule):
    """Both towers with the sigmoid loss's scale and bias.

    A new model is initialised as transformers initialises SigLIP, but for the tower, which is only ever used
    with its published weights. `init_weights=False` saves that time where weights are loaded at once.
    """

    def __init__(self, config: PhotoConfig, *, init_weights: bool = True) -> None:
        super().__init__()
        self.config = config
        self.vision_model = PhotoVisionModel(config.vision_config, tower=config.tower)
        self.text_model = PhotoTextModel(config)
        self.logit_scale = nn.Parameter(torch.zeros(1))
        self.logit_bias = nn.Parameter(torch.zeros(1))
        if init_weights:
            self.apply(init_siglip_weights)

    def get_text_features(self, input_ids: Tensor) -> TowerOutput:
        """Text vectors (M, D) as `pooler_output`."""
        return self.text_model(input_ids)

    def get_image_features(self, pixel_values: Tensor) -> TowerOutput:
        """Image vectors (B, D) as `pooler_output`."""
        return self.vision_model(pixel_values)

    def trained_state(self) -> dict[str, Tensor]:
        """All weights but the tower's."""
        state = self.state_dict()
        return {name: weight for name, weight in state.items() if not name.startswith(TOWER_PREFIX)}

    def save_pretrained(self, folder: str | Path) -> None:
        """Writes config.json and model.safetensors, in the weights' dtype and without the tower."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        state = {name: weight.contiguous() for name, weight in self.trained_state().items()}
        (folder / "model.safetensors").write_bytes(save(state, metadata={"format": "pt"}))
        text = json.dumps(self.config.model_dump(), indent=1)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def photo_config(
    *,
    hidden_size: int,
    vision_layers: int,
    heads: int,
    vocab_size: int,
    text_size: int,
    text_layers: int,
    text_heads: int,
    max_length: int = 32,
    image_size: int = 288,
    token_embedding_size: int = 192,
) -> PhotoConfig:
    """A config from the numbers that matter."""
    vision = PhotoVisionConfig(
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=vision_layers,
        num_attention_heads=heads,
        image_size=image_size,
        patch_size=32,
    )
    text = PhotoTextConfig(
        vocab_size=vocab_size,
        hidden_size=text_size,
        intermediate_size=4 * text_size,
        num_hidden_layers=text_layers,
        num_attention_heads=text_heads,
        max_position_embeddings=max_length,
        projection_size=hidden_size,
    )
    return PhotoConfig(
        vision_config=vision, text_config=text, token_embedding_size=token_embedding_size, tower="lite2"
    )
