"""Quick measurements on stored maps while training; the published numbers come from `report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.vision.families.photo_model import PhotoModel
from training.photo.kept import MEASURED, Kept
from training.photo.maps import StoredMaps, whole_images
from training.photo.measure import measure
from training.photo.templates import CARD
from training.photo.texts import canonical
from training.photo.tokenizer import CachedTokenizer

_IMAGES_AT_ONCE, _TEXTS_AT_ONCE = 256, 512


class StoredScorer:
    """A model on stored maps of whole images; scores are cosines."""

    def __init__(self, model: PhotoModel, maps: Mapping[str, StoredMaps], tokenizer: CachedTokenizer) -> None:
        self._model, self._maps, self._tokenizer = model, maps, tokenizer

    def captions(self, kept: Kept, texts: Sequence[str]) -> Tensor:
        """Cosines (N, M) with sentences."""
        images = image_vectors(self._model, self._maps[kept.images.name], kept.numbers)
        return images @ text_vectors(self._model, self._tokenizer, texts).T

    def labels(self, kept: Kept, labels: Sequence[str]) -> Tensor:
        """Cosines (N, M) with names in the card's templates."""
        images = image_vectors(self._model, self._maps[kept.images.name], kept.numbers)
        return images @ name_vectors(self._model, self._tokenizer, labels, CARD["en"]).T


def quick_numbers(
    model: PhotoModel, maps: Mapping[str, StoredMaps], tokenizer: CachedTokenizer
) -> dict[str, float]:
    """Percentages: retrieval on captioned sets' val images, naming on published sets' test images."""
    kept = {name: Kept.of(one.images, "val") for name, one in maps.items()}
    kept |= {name: Kept.of(maps[name].images) for name in MEASURED if name in maps and name != "flickr8k"}
    kept = {name: one for name, one in kept.items() if len(one.numbers)}
    imagenet = maps["imagenet_samples"].images if "imagenet_samples" in maps else None
    found = measure(StoredScorer(model, maps, tokenizer), kept, imagenet)
    return {row.name: 100 * row.value for row in found}


@torch.inference_mode()
def image_vectors(model: PhotoModel, maps: StoredMaps, numbers: np.ndarray) -> Tensor:
    """Unit vectors (N, D) of whole images."""
    vision, rows = model.vision_model, []
    for at in range(0, len(numbers), _IMAGES_AT_ONCE):
        batch = whole_images(maps, numbers[at : at + _IMAGES_AT_ONCE])
        rows.append(vision.pooled(vision.embeddings.project(batch.low, batch.head)).pooler_output)
    return F.normalize(torch.cat(rows), dim=-1)


@torch.inference_mode()
def text_vectors(model: PhotoModel, tokenizer: CachedTokenizer, texts: Sequence[str]) -> Tensor:
    """Unit vectors (M, D)."""
    parts = [texts[at : at + _TEXTS_AT_ONCE] for at in range(0, len(texts), _TEXTS_AT_ONCE)]
    rows = [model.text_model(tokenizer([canonical(text) for text in part])).pooler_output for part in parts]
    return F.normalize(torch.cat(rows), dim=-1)


def name_vectors(
    model: PhotoModel, tokenizer: CachedTokenizer, names: Sequence[str], templates: Sequence[str]
) -> Tensor:
    """Unit vectors (M, D) of names: means over templates with ``{label}``, as the encoder's."""
    texts = [template.replace("{label}", name) for template in templates for name in names]
    rows = text_vectors(model, tokenizer, texts).unflatten(0, (len(templates), -1))
    return F.normalize(rows.mean(0), dim=-1)
