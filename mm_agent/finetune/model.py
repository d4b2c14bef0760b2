"""An image classifier on an encoder's vision tower: transformers', or the photo encoder's own."""

from __future__ import annotations

from typing import Any

import torch

from mm_agent.finetune.linear import LinearHead
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.families.loading import quiet


def classifier_of(encoder: SiglipEncoder, head: LinearHead) -> Any:
    """``SiglipForImageClassification``, or a ``PhotoClassifier``, in float32 on the CPU with this head.

    The tower's attention-pooling head is left out: both classifiers read the mean of the patches.
    """
    model = (
        _photo_classifier(encoder, head) if encoder.family == "photo" else _siglip_classifier(encoder, head)
    )
    with torch.no_grad():
        model.classifier.weight.copy_(head.weight)
        model.classifier.bias.copy_(head.bias)
    return model.eval()


def _photo_classifier(encoder: SiglipEncoder, head: LinearHead) -> Any:
    from mm_agent.vision.families.photo_classifier import PhotoClassifier, PhotoClassifierConfig

    config = encoder.model.config
    model = PhotoClassifier(
        PhotoClassifierConfig(
            tower=config.tower, vision_config=config.vision_config, num_labels=len(head.weight)
        )
    )
    state = encoder.model.vision_model.state_dict()
    model.vision_model.load_state_dict(
        {name: weight for name, weight in state.items() if not name.startswith("head.")}
    )
    return model


def _siglip_classifier(encoder: SiglipEncoder, head: LinearHead) -> Any:
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
    return model
