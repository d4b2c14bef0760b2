"""transformers' image classifier on an encoder's vision tower."""

from __future__ import annotations

from typing import Any

import torch

from mm_agent.finetune.linear import LinearHead
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.families.loading import quiet


def classifier_of(encoder: SiglipEncoder, head: LinearHead) -> Any:
    """``SiglipForImageClassification`` in float32 on the CPU, with this head on the encoder's tower.

    The tower's attention-pooling head is left out: transformers' classifier reads the mean of the patches.
    """
    from transformers import AutoConfig, SiglipForImageClassification

    config: Any = AutoConfig.from_pretrained(encoder.checkpoint.path, local_files_only=True)
    config.vision_config.vision_use_head = False
    config.num_labels = len(head.weight)
    with quiet():
        model: Any = SiglipForImageClassification.from_pretrained(
            encoder.checkpoint.path,
            config=config,
            dtype=torch.float32,
            attn_implementation="sdpa",
            use_safetensors=True,
            local_files_only=True,
        )
    with torch.no_grad():
        model.classifier.weight.copy_(head.weight)
        model.classifier.bias.copy_(head.bias)
    return model.eval()
