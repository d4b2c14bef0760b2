"""Both towers as the Trainer sees them: bytes and token ids in, the loss out."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mm_agent.finetune.contrastive.loss import sigmoid_loss
from mm_agent.finetune.learner import crop_and_mirror


class PairLearner(nn.Module):
    """transformers' ``SiglipModel``; its scale and bias stay as they were learnt.

    They were learnt on batches of thousands. On a small one, where wrong pairs are rarer, they would drift,
    and with them every probability and threshold of the encoder.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, model: Any, processor: Any, *, freeze_text: bool, augment: bool) -> None:
        super().__init__()
        self.model, self._augment = model, augment
        model.requires_grad_(True)
        model.logit_scale.requires_grad_(False)
        model.logit_bias.requires_grad_(False)
        if freeze_text:
            model.text_model.requires_grad_(False)
        for name in ("mean", "std"):
            values = torch.tensor(getattr(processor, f"image_{name}")).view(1, 3, 1, 1)
            self.register_buffer(name, values, persistent=False)

    def forward(self, pixels: Tensor, input_ids: Tensor, ids: Tensor) -> dict[str, Tensor]:
        """The loss of uint8 pixels (b, 3, H, W), token ids (b, L) and pair ids (b, 2)."""
        values = pixels.float() / 255
        if self.training and self._augment:
            values = crop_and_mirror(values, mirror=False)  # texts say left and right
        images = self.model.vision_model((values - self.mean) / self.std).pooler_output
        texts = self.model.text_model(input_ids=input_ids).pooler_output
        loss = sigmoid_loss(
            F.normalize(images.float(), dim=-1),
            F.normalize(texts.float(), dim=-1),
            ids,
            scale=self.model.logit_scale.exp(),
            bias=self.model.logit_bias,
        )
        return {"loss": loss}

    def trainable(self) -> dict[str, nn.Parameter]:
        """What learns, by name."""
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}
