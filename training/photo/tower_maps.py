"""The locked tower: images to the feature maps that training reads, and the tower's own classifier."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from mm_agent.vision.families.efficientnet_lite import EfficientNetLite
from mm_agent.vision.hardware import cpu_has_fast_bf16
from training.photo.views import SIDE

GRID = SIDE // 32
TOKENS = GRID * GRID
HEAD, LOW = 1280, 168
"""Channels of the head's map, and of stages 3 and 5 together."""
CLASSES = 1000
HEAD_MOST = 6.0
"""The head ends in ReLU6."""
BATCH = 16
"""Images a call; OpenVINO compiles for this number."""
MEAN, STD = 0.498, 0.502
"""Of the published weights' preprocessing, for pixels in 0..1."""

ComputeMaps = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Pixels (16, 3, 288, 288) to the maps low (16, 81, 168) and head (16, 81, 1280), all float32."""


class TowerMaps(torch.nn.Module):
    """Pixels to the maps that are kept, as tokens of the last grid."""

    def __init__(self, net: EfficientNetLite) -> None:
        super().__init__()
        self.net = net

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, S, S) to low (B, N, 168), averaged to the last grid, and head (B, N, 1280)."""
        mid, deep, head = self.net(pixels)
        size = head.shape[-2:]
        low = torch.cat([F.adaptive_avg_pool2d(mid, size), F.adaptive_avg_pool2d(deep, size)], 1)
        return low.flatten(2).transpose(1, 2), head.flatten(2).transpose(1, 2)


@dataclass(frozen=True)
class TowerClassifier:
    """The published linear layer over ImageNet's 1,000 classes."""

    weight: np.ndarray  # (1000, 1280)
    bias: np.ndarray  # (1000,)

    @classmethod
    def read(cls, weights: Path) -> TowerClassifier:
        state = torch.load(weights, weights_only=True)
        return cls(state["_fc.weight"].numpy(), state["_fc.bias"].numpy())

    def logits(self, head: np.ndarray) -> np.ndarray:
        """Logits (N, 1000) of stored head maps (N, 81, 1280) uint8."""
        parts = [head[at : at + 256].astype(np.float32).mean(1) for at in range(0, len(head), 256)]
        return np.concatenate(parts) * (HEAD_MOST / 255) @ self.weight.T + self.bias


def load_maps(weights: Path) -> ComputeMaps:
    """The tower with the published `weights`.

    It runs in OpenVINO where that is installed, in bfloat16 on a CPU that has it fast, else in torch.
    """
    net = EfficientNetLite("lite2").eval()
    net.load_published(torch.load(weights, weights_only=True))
    maps = TowerMaps(net)
    return _in_torch(maps) if find_spec("openvino") is None else _in_openvino(maps)


def _in_openvino(maps: TowerMaps) -> ComputeMaps:
    import openvino

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit.trace, which it calls, is going away
        model = openvino.convert_model(maps, example_input=torch.zeros(BATCH, 3, SIDE, SIDE))
    precision = "bf16" if cpu_has_fast_bf16() else "f32"
    compiled = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision})

    def compute(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, head = compiled(pixels).values()
        return low, head

    return compute


def _in_torch(maps: TowerMaps) -> ComputeMaps:
    @torch.inference_mode()
    def compute(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, head = maps(torch.from_numpy(pixels))
        return low.numpy(), head.numpy()

    return compute


def pixels_of(image: Image.Image) -> np.ndarray:
    """A view as the tower takes it, (3, S, S) float32."""
    return ((np.asarray(image, dtype=np.float32) / 255 - MEAN) / STD).transpose(2, 0, 1)
