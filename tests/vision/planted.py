"""An encoder whose answers are known: it sees a thing on chosen patches and nothing elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from mm_agent.vision.card import Language
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.text_rules import TextRules, fill
from mm_agent.vision.vocabulary import Vocabulary, stickers, world

TEMPLATES: dict[Language, tuple[str, ...]] = {"en": ("a photo of {label}",), "zh": ("{label}的照片",)}


class PlantedEncoder:
    """Vectors in a space with one axis a caption; the picture lies along the captions it was given.

    Args:
        captions: what fits the picture, with a cosine each.
        hot: (rows, cols) patches that show the thing; a region's cosine with any caption is the hot share of
            it.
        score_mode: sigmoid or softmax, as of a family.
    """

    presence_threshold = 0.5
    absence_threshold = 0.5
    counts = True
    tag_threshold = 0.99
    family = "siglip"

    def __init__(
        self, captions: dict[str, float], *, hot: Tensor | None = None, score_mode: str = "sigmoid"
    ) -> None:
        self.captions = captions
        self.hot = torch.zeros(6, 8, dtype=torch.bool) if hot is None else hot
        self.score_mode = score_mode
        self.vocabulary: Vocabulary = world() if score_mode == "sigmoid" else stickers()
        self.rules = TextRules("siglip", True, True, 64, TEMPLATES, TEMPLATES)
        self.seen: list[str] = []

    def tag_logits(self, concepts: object, logits: Tensor) -> Tensor:
        return logits

    def default_templates(self, language: Language) -> tuple[str, ...]:
        return TEMPLATES[language]

    def grid_for(self, image: Image.Image) -> tuple[int, int]:
        return self.hot.shape[0], self.hot.shape[1]

    def logits(
        self, images: object, texts: Sequence[str], *, templates: Sequence[str] | None = None
    ) -> Tensor:
        filled = [fill(templates[0], text) for text in texts] if templates else list(texts)
        self.seen += filled
        return torch.tensor([[self.captions.get(text, 0.0) for text in filled]]) * 20 - 10

    def score(
        self, images: object, texts: Sequence[str], *, templates: Sequence[str] | None = None
    ) -> Tensor:
        logits = self.logits(images, texts, templates=templates)
        return logits.sigmoid() if self.score_mode == "sigmoid" else logits.softmax(-1)

    def embed_texts(self, texts: Sequence[str], *, templates: Sequence[str] | None = None) -> Tensor:
        return torch.tensor([[1.0, 0.0]]).expand(len(texts), 2)

    def embed_regions(self, image: Image.Image, masks: Tensor) -> Tensor:
        share = (masks & self.hot).flatten(1).float().sum(1) / masks.flatten(1).float().sum(1)
        return F.normalize(torch.stack([share, 1 - share], dim=-1), dim=-1)

    def logits_of(self, image_vectors: Tensor, text_vectors: Tensor) -> Tensor:
        return image_vectors @ text_vectors.T * 20 - 10


def planted(
    captions: dict[str, float], *, hot: Tensor | None = None, score_mode: str = "sigmoid"
) -> SiglipEncoder:
    """A `PlantedEncoder` where a `SiglipEncoder` is asked for."""
    return cast(SiglipEncoder, PlantedEncoder(captions, hot=hot, score_mode=score_mode))
