"""Drawn scenes with the encoder's features, made once: drawing and encoding take longer than learning.

A pool is a number of scenes from one seed. Their features are kept in files beside the run, 25 kB a picture;
the scenes themselves are drawn from the dice again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save
from torch import Tensor

from mm_agent.media.atomic import write_atomic
from mm_agent.projection.demo.batches import SCENES
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.features import picture_features
from mm_agent.vision.demo.scenes import Scene, draw, sample_scene
from mm_agent.vision.encoder import SiglipEncoder

SHARD = 5000
"""Scenes in a file."""
_AT_ONCE = 250


@dataclass(frozen=True)
class Pool:
    """Scenes and their features.

    Attributes:
        seed: Of the dice.
        scenes: N of them.
        features: (N, patches, D_vision) bfloat16.
    """

    seed: int
    scenes: Sequence[Scene]
    features: Tensor

    def take(self, count: int, rng: np.random.Generator) -> tuple[list[Scene], Tensor]:
        """Some at random, with their features as float32."""
        chosen = rng.integers(len(self.scenes), size=count)
        return [self.scenes[index] for index in chosen], self.features[torch.from_numpy(chosen)].float()


def make_pool(encoder: SiglipEncoder, config: ProjectorConfig, count: int, seed: int, folder: Path) -> Pool:
    """The first ``count`` scenes of a seed; what ``folder`` has of them is not looked at again."""
    folder.mkdir(parents=True, exist_ok=True)
    scenes: list[Scene] = []
    features: list[Tensor] = []
    for number, start in enumerate(range(0, count, SHARD)):
        rng = np.random.default_rng((seed, number))
        drawn = [_scene(rng) for _ in range(min(SHARD, count - start))]
        path = folder / f"{seed}-{number}-{len(drawn)}.safetensors"
        if not path.exists():
            write_atomic(path, save({"features": _look(encoder, config, drawn, rng)}))
        scenes += drawn
        features.append(load_file(path)["features"])
    return Pool(seed, scenes, torch.cat(features))


def _scene(rng: np.random.Generator) -> Scene:
    return sample_scene(rng, SCENES, kinds=1 if rng.random() < 0.55 else 2)


def _look(
    encoder: SiglipEncoder, config: ProjectorConfig, scenes: Sequence[Scene], rng: np.random.Generator
) -> Tensor:
    size = max(encoder.image_size)
    parts = []
    for start in range(0, len(scenes), _AT_ONCE):
        pictures = [_picture(scene, size, rng) for scene in scenes[start : start + _AT_ONCE]]
        parts.append(picture_features(encoder, pictures, config).to("cpu", torch.bfloat16))
    return torch.cat(parts)


def _picture(scene: Scene, size: int, rng: np.random.Generator) -> Image.Image:
    """Drawn at the encoder's size, or larger and shrunk, as the encoder itself was taught."""
    augment = rng if rng.random() < 0.2 else None
    return Image.fromarray(draw(scene, size * (1 if rng.random() < 0.75 else 2), augment=augment))
