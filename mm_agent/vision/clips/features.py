"""What is kept of a clip: when its sampled frames are, their vectors, and a small picture of each."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import VisionError

# Pixels of a small picture's longer side: a contact sheet is drawn from these.
THUMB_SIDE = 192


@dataclass(frozen=True)
class ClipSampling:
    """How densely a clip is looked at.

    Attributes:
        rate: frames a second.
        most: frames at most; a longer clip is looked at less often, so that memory stays flat.
        closer: changes that are looked at again, at most: between two frames that differ, the middle is
            looked at, and again, until the change is known to within ``finest`` seconds.
        finest: seconds.
    """

    rate: float = 2.0
    most: int = 1200
    closer: int = 32
    finest: float = 0.12

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.most < 2 or self.closer < 0 or self.finest <= 0:
            raise VisionError(
                f"{self} makes no sense; use rate and finest above 0, most 2 or more, closer 0 or more"
            )

    def every(self, duration: float) -> float:
        """Seconds from one frame to the next, in a clip of `duration` seconds."""
        return max(1 / self.rate, duration / self.most)


@dataclass(frozen=True)
class ClipFeatures:
    """A clip's sampled frames, in order.

    Attributes:
        duration: seconds.
        times: (T,) float64, the frames' true seconds; denser around changes.
        vectors: (T, D) unit vectors.
        thumbs: (bytes,) uint8, small JPEG pictures one after the other.
        ends: (T,) int64, where each small picture ends in `thumbs`.
    """

    duration: float
    times: Tensor
    vectors: Tensor
    thumbs: Tensor
    ends: Tensor

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def seconds(self) -> list[float]:
        """The frames' times."""
        return self.times.tolist()

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(tensor.nbytes for tensor in self.tensors().values())

    @property
    def shares(self) -> Tensor:
        """Seconds each frame stands for (T,): half way to its neighbours, the clip's ends included."""
        middles = (self.times[1:] + self.times[:-1]) / 2
        edges = torch.cat([self.times.new_zeros(1), middles, self.times.new_tensor([self.duration])])
        return (edges[1:] - edges[:-1]).clamp(min=1e-6)

    def span(self, first: int, last: int) -> tuple[float, float]:
        """Start and end in seconds of frames `first` to `last`: half way to the frames outside."""
        times = self.seconds
        start = 0.0 if first == 0 else (times[first - 1] + times[first]) / 2
        end = self.duration if last == len(self) - 1 else (times[last] + times[last + 1]) / 2
        return start, end

    def nearest(self, seconds: float) -> int:
        """Index of the frame nearest to a time."""
        return int((self.times - seconds).abs().argmin())

    def thumb(self, index: int) -> Image.Image:
        """The small picture of a frame."""
        start = int(self.ends[index - 1]) if index else 0
        data = self.thumbs[start : int(self.ends[index])].numpy().tobytes()
        return Image.open(io.BytesIO(data)).convert("RGB")

    def tensors(self) -> dict[str, Tensor]:
        """Everything as tensors, for the disk."""
        duration = torch.tensor([self.duration], dtype=torch.float64)
        return {
            "duration": duration,
            "times": self.times,
            "vectors": self.vectors,
            "thumbs": self.thumbs,
            "ends": self.ends,
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> ClipFeatures:
        """The reverse of `tensors`."""
        rest = {name: tensors[name] for name in ("times", "vectors", "thumbs", "ends")}
        return cls(duration=float(tensors["duration"]), **rest)

    @classmethod
    def of(
        cls, duration: float, times: list[float], vectors: list[Tensor], thumbs: list[bytes]
    ) -> ClipFeatures:
        """From frames in any order."""
        order = sorted(range(len(times)), key=times.__getitem__)
        joined = np.frombuffer(b"".join(thumbs[index] for index in order), dtype=np.uint8).copy()
        return cls(
            duration=max(duration, times[order[-1]]),
            times=torch.tensor([times[index] for index in order], dtype=torch.float64),
            vectors=torch.nn.functional.normalize(torch.stack([vectors[index] for index in order]), dim=-1),
            thumbs=torch.from_numpy(joined),
            ends=torch.tensor([len(thumbs[index]) for index in order]).cumsum(0),
        )


def small_picture(image: Image.Image) -> bytes:
    """A picture as a JPEG of at most `THUMB_SIDE` pixels a side."""
    small = image.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
