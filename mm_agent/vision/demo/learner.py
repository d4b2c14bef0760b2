"""The demo model in training: a small ``SiglipModel``, its loss, and its growth to larger pictures."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F
from transformers import SiglipConfig, SiglipModel

from mm_agent.vision.demo.batches import PATCH, Batch
from mm_agent.vision.demo.helpers import Helpers
from mm_agent.vision.demo.rules import TrainRules
from mm_agent.vision.demo.scenes import MAX_COPIES
from mm_agent.vision.demo.tokenizer import MAX_LENGTH

COUNT_WEIGHT = 2.0


class Learner(nn.Module):
    """The model and the heads that help to train it."""

    def __init__(self, rules: TrainRules, picture_size: int, vocabulary: int) -> None:
        super().__init__()
        self.siglip = SiglipModel(model_config(rules, picture_size, vocabulary))
        # Plain matrix products: the CPU's fused attention kernel has a slow backward pass on short sequences.
        self.siglip.set_attn_implementation("eager")
        # The paper's start: temperature 10, and a bias that says "no" to most pairs.
        self.siglip.logit_scale.data.fill_(math.log(10.0))
        self.siglip.logit_bias.data.fill_(-8.0)
        self.helpers = Helpers(rules.width)

    @property
    def picture_size(self) -> int:
        """The side of the pictures it takes, in pixels."""
        return math.isqrt(self.siglip.vision_model.embeddings.num_patches) * PATCH

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The main loss (pairs, windows and counts) and the helper loss, both scalars."""
        vision = self.siglip.vision_model(batch.pixels)
        tokens = torch.cat([batch.tokens, batch.count_tokens.flatten(0, 1)])
        texts = F.normalize(self.siglip.text_model(tokens).pooler_output.float(), dim=-1)
        texts, counted = texts.split([len(batch.tokens), len(tokens) - len(batch.tokens)])  # (T, D), (4C, D)
        pooled = vision.pooler_output.float()  # (B, D)
        pairs = self._logits(pooled, texts)
        targets = batch.truth.float() * 2 - 1
        main = -F.logsigmoid(pairs * targets).sum() / len(pooled)
        windows = self._logits(self._pool(vision.last_hidden_state, batch.windows).float(), texts)
        asked = batch.window_truth.float()
        main = main + -(F.logsigmoid(windows * asked) * asked.abs()).sum() / len(pooled)
        main = main + COUNT_WEIGHT * self._count_loss(pooled, counted.unflatten(0, (-1, MAX_COPIES)), batch)
        return main, self.helpers(vision, batch)

    def warm_up(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """No main loss, and the helper loss: teaches the vision tower before there are words."""
        helper = self.helpers(self.siglip.vision_model(batch.pixels), batch)
        return torch.zeros_like(helper), helper

    def _count_loss(self, pooled: torch.Tensor, texts: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Which of the captions "one cat" … "four cats" fits? (B, D), (C, 4, D) -> ().

        The sigmoid loss alone leaves the numbers of one caption badly ordered; a contrast of captions that
        differ in the number only mends that (the idea of arXiv 2302.12066).
        """
        images = F.normalize(pooled[: len(texts)], dim=-1)[:, None]  # (C, 1, D)
        logits = (images * texts).sum(-1) * self._scale()  # (C, 4)
        return F.cross_entropy(logits, batch.counts[: len(texts), 0] - 1)

    def _pool(self, hidden: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
        """The MAP head over some patches only. (B, N, D), (B, N) bool -> (B, D)."""
        head = self.siglip.vision_model.head
        probe = head.probe.expand(len(hidden), -1, -1)
        pooled = head.attention(probe, hidden, hidden, key_padding_mask=~windows, need_weights=False)[0]
        return (pooled + head.mlp(head.layernorm(pooled)))[:, 0]

    def _logits(self, images: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
        return F.normalize(images, dim=-1) @ texts.T * self._scale() + self.siglip.logit_bias

    def _scale(self) -> torch.Tensor:
        return self.siglip.logit_scale.clamp(max=math.log(60.0)).exp()


def model_config(rules: TrainRules, picture_size: int, vocabulary: int) -> SiglipConfig:
    """The shape of the demo model."""
    vision = {
        "hidden_size": rules.width,
        "intermediate_size": rules.width * 4,
        "num_hidden_layers": rules.layers,
        "num_attention_heads": rules.width // 64,
        "image_size": picture_size,
        "patch_size": PATCH,
    }
    text = {
        "hidden_size": 128,
        "intermediate_size": 512,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": MAX_LENGTH,
        "vocab_size": vocabulary,
        "projection_size": rules.width,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 2,
    }
    return SiglipConfig(text_config=text, vision_config=vision)


def enlarge(learner: Learner, rules: TrainRules, picture_size: int) -> Learner:
    """The same weights for larger pictures: position embeddings are interpolated."""
    state = learner.state_dict()
    bigger = Learner(
        rules, picture_size, state["siglip.text_model.embeddings.token_embedding.weight"].shape[0]
    )
    name = "siglip.vision_model.embeddings.position_embedding.weight"
    old, side = state[name], picture_size // PATCH
    edge = math.isqrt(len(old))
    grid = old.reshape(1, edge, edge, -1).permute(0, 3, 1, 2).float()
    grid = F.interpolate(grid, (side, side), mode="bicubic", antialias=False)
    state[name] = grid.permute(0, 2, 3, 1).reshape(side * side, -1)
    bigger.load_state_dict(state)
    return bigger
