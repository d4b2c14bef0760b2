"""Frozen features: pictures and clips go through the encoder once, however many epochs and runs read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import FinetuneError, MediaError
from mm_agent.finetune.projector.examples import CLIP, Example
from mm_agent.projection.soft.clips import Shown
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.features import picture_features
from mm_agent.vision.caches import DiskTensors
from mm_agent.vision.encoder import SiglipEncoder

BATCH = 64
Say = Callable[[str], None]


@dataclass(frozen=True)
class Usable:
    """An example whose features are kept under ``key``; ``seconds`` are the times of a clip's frames."""

    example: Example
    key: str
    seconds: tuple[float, ...] | None = None


class FrozenFeatures:
    """Features on disk by content hash and the encoder's fingerprint, in its precision.

    Args:
        encoder: What looks.
        config: The projector's: which features it reads.
        folder: Where they are kept.
        frames: How many frames of a clip are looked at.
    """

    def __init__(
        self, encoder: SiglipEncoder, config: ProjectorConfig, folder: Path, frames: int = 8
    ) -> None:
        self._encoder, self._config, self._frames = encoder, config, frames
        self._picture = f"{config.select}@{config.vision_layer}"
        self._clip = f"{self._picture}x{frames}"
        self._times = f"{self._clip} seconds"
        self._disk = DiskTensors(folder, encoder.fingerprint, str(encoder.dtype).removeprefix("torch."))

    def get(self, key: str) -> Tensor:
        """Features float32 that `compute` has kept: (N, D_vision) of a picture, (F, N, D_vision) of a clip.

        Raises:
            FinetuneError: they are not there any more.
        """
        return self._kept(key, self._clip if key.endswith(CLIP) else self._picture).float()

    def _kept(self, key: str, name: str) -> Tensor:
        kept = self._disk.get(key).get(name)
        if kept is None:
            raise FinetuneError(
                f"the features of picture {key[:12]} are gone or damaged; start the run again"
            )
        return kept

    def compute(self, examples: Sequence[Example], *, say: Say) -> tuple[list[Usable], list[str]]:
        """Look at every picture and clip that is not known yet.

        Returns:
            The usable examples in order, and one line for each whose picture is missing or damaged.
        """
        usable: list[Usable] = []
        bad: list[str] = []
        waiting: dict[str, Shown] = {}
        looked = 0
        for number, example in enumerate(examples, 1):
            try:
                key = example.key()
                name = self._clip if example.clip else self._picture
                if key not in waiting and name not in self._disk.get(key):
                    waiting[key] = example.show(self._frames)
            except (MediaError, OSError) as error:
                bad.append(f"{example.place}: {' '.join(str(error).split())}")
            else:
                usable.append(Usable(example, key))
            if sum(map(_pictures, waiting.values())) >= BATCH or (waiting and number == len(examples)):
                self._look(waiting)
                looked += len(waiting)
                waiting = {}
                say(f"looked at {looked} new pictures, {number} of {len(examples)} examples")
        return [self._timed(one) for one in usable], bad

    def _timed(self, one: Usable) -> Usable:
        if not one.example.clip:
            return one
        return replace(one, seconds=tuple(self._kept(one.key, self._times).tolist()))

    def _look(self, waiting: dict[str, Shown]) -> None:
        pictures = [picture for shown in waiting.values() for picture in _images(shown)]
        rows = picture_features(self._encoder, pictures, self._config).to(self._encoder.dtype)
        parts = rows.split([_pictures(shown) for shown in waiting.values()])  # (F, N, D_vision) each
        for (key, shown), part in zip(waiting.items(), parts, strict=True):
            new = {self._picture: part[0]}
            if isinstance(shown, list):
                new = {self._clip: part, self._times: torch.tensor([frame.seconds for frame in shown])}
            self._disk.put(key, self._disk.get(key) | new)  # beside those of another layer, perhaps


def _images(shown: Shown) -> list[Image.Image]:
    return [frame.image for frame in shown] if isinstance(shown, list) else [shown]


def _pictures(shown: Shown) -> int:
    return len(shown) if isinstance(shown, list) else 1
