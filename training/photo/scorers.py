"""What is measured side by side: an encoder, and the tower's own classifier."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from mm_agent.vision.encoder import SiglipEncoder
from training.photo.kept import Kept
from training.photo.sets import ImageSet
from training.photo.texts import spelled
from training.photo.tower_maps import TowerClassifier


class EncoderScorer:
    """An encoder through its public interface, as a user's image would go; keeps the images' vectors."""

    def __init__(self, encoder: SiglipEncoder) -> None:
        self.encoder = encoder
        self._vectors: dict[str, Tensor] = {}

    def captions(self, kept: Kept, texts: Sequence[str]) -> Tensor:
        """Logits (N, M)."""
        return self.encoder.logits_of(self._of(kept), self.encoder.embed_texts(texts))

    def labels(self, kept: Kept, labels: Sequence[str]) -> Tensor:
        """Logits (N, M) with the encoder's own templates."""
        texts = self.encoder.embed_texts(labels, templates=self.encoder.default_templates("en"))
        return self.encoder.logits_of(self._of(kept), texts)

    def _of(self, kept: Kept) -> Tensor:
        """Unit vectors (N, D)."""
        name, pictures = kept.images.name, kept.pictures
        if name not in self._vectors:
            parts = (pictures[at : at + 64] for at in range(0, len(pictures), 64))
            self._vectors[name] = torch.cat([self.encoder.embed_images(part) for part in parts])
        return self._vectors[name]


class PlainClassifier:
    """The tower's own ImageNet classifier with name matching: what one has without a text tower.

    A text's score is the probability of all classes whose name it contains, or that contain it.
    """

    def __init__(self, imagenet: ImageSet, encoder: SiglipEncoder, classifier: TowerClassifier) -> None:
        self._encoder = encoder
        self._weight, self._bias = torch.from_numpy(classifier.weight), torch.from_numpy(classifier.bias)
        self._names = [{spelled(label) for label in example.labels} for example in imagenet.examples]
        self._probabilities: dict[str, Tensor] = {}

    def captions(self, kept: Kept, texts: Sequence[str]) -> Tensor:
        """As for labels."""
        return self.labels(kept, texts)

    def labels(self, kept: Kept, labels: Sequence[str]) -> Tensor:
        """Probabilities (N, M); ties are broken by chance."""
        match = torch.tensor([[_fits(label.lower(), names) for names in self._names] for label in labels])
        chance = torch.rand(len(kept.examples), len(labels), generator=torch.Generator().manual_seed(0))
        return self._of(kept) @ match.float().T + 1e-6 * chance

    @torch.inference_mode()
    def _of(self, kept: Kept) -> Tensor:
        """Probabilities (N, 1000)."""
        name, pictures = kept.images.name, kept.pictures
        if name not in self._probabilities:
            parts = (pictures[at : at + 32] for at in range(0, len(pictures), 32))
            self._probabilities[name] = torch.cat([self._classified(part) for part in parts])
        return self._probabilities[name]

    def _classified(self, pictures: Sequence[Image.Image]) -> Tensor:
        inputs = self._encoder.backbone.preprocess(pictures)
        head = self._encoder.model.vision_model.embeddings.tower(inputs.pixels.float())[-1]
        return (head.mean((2, 3)) @ self._weight.T + self._bias).softmax(-1)


def _fits(text: str, names: set[str]) -> bool:
    return any(f" {name} " in f" {text} " or f" {text} " in f" {name} " for name in names)
