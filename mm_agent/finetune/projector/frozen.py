"""Frozen features: every picture goes through the encoder once, however many epochs and runs read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import FinetuneError, MediaError
from mm_agent.finetune.projector.examples import Example
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.features import picture_features
from mm_agent.vision.caches import DiskTensors
from mm_agent.vision.encoder import SiglipEncoder

BATCH = 64
Say = Callable[[str], None]


@dataclass(frozen=True)
class Usable:
    """An example whose picture's features are kept under ``key``."""

    example: Example
    key: str


class FrozenFeatures:
    """Features on disk by the picture's content hash and the encoder's fingerprint, in its precision."""

    def __init__(self, encoder: SiglipEncoder, config: ProjectorConfig, folder: Path) -> None:
        self._encoder, self._config = encoder, config
        self._name = f"{config.select}@{config.vision_layer}"
        self._disk = DiskTensors(folder, encoder.fingerprint, str(encoder.dtype).removeprefix("torch."))

    def get(self, key: str) -> Tensor:
        """Features (N, D_vision) float32 of a picture that `compute` has seen.

        Raises:
            FinetuneError: they are not there any more.
        """
        kept = self._disk.get(key).get(self._name)
        if kept is None:
            raise FinetuneError(
                f"the features of picture {key[:12]} are gone or damaged; start the run again"
            )
        return kept.float()

    def compute(self, examples: Sequence[Example], *, say: Say) -> tuple[list[Usable], list[str]]:
        """Look at every picture that is not known yet.

        Returns:
            The usable examples in order, and one line for each whose picture is missing or damaged.
        """
        usable: list[Usable] = []
        bad: list[str] = []
        waiting: dict[str, Image.Image] = {}
        looked = 0
        for number, example in enumerate(examples, 1):
            try:
                key = example.key()
                if key not in waiting and self._name not in self._disk.get(key):
                    waiting[key] = example.picture()
            except (MediaError, OSError) as error:
                bad.append(f"{example.place}: {' '.join(str(error).split())}")
            else:
                usable.append(Usable(example, key))
            if len(waiting) >= BATCH or (waiting and number == len(examples)):
                self._look(waiting)
                looked += len(waiting)
                waiting = {}
                say(f"looked at {looked} new pictures, {number} of {len(examples)} examples")
        return usable, bad

    def _look(self, pictures: dict[str, Image.Image]) -> None:
        rows = picture_features(self._encoder, list(pictures.values()), self._config)  # (B, N, D_vision)
        for key, row in zip(pictures, rows, strict=True):
            known = self._disk.get(key)  # of another layer, perhaps
            self._disk.put(key, known | {self._name: row.to(self._encoder.dtype)})


def require_enough(bad: Sequence[str], total: int, share: float, listing: Path) -> None:
    """Write down what is unusable, and stop when it is too much.

    Raises:
        FinetuneError: more than ``share`` of the examples.
    """
    from mm_agent.media.atomic import write_atomic

    if not bad:
        return
    write_atomic(listing, ("\n".join(bad) + "\n").encode())
    if len(bad) > share * total:
        shown = "; ".join(bad[:3])
        raise FinetuneError(
            f"{len(bad)} of {total} examples cannot be used, more than {share:.0%} ({shown}); all are listed "
            f"in {listing}: mend them, or allow more with --bad-share"
        )


def feature_rows(store: FrozenFeatures, keys: Sequence[str]) -> Tensor:
    """Features (B, N, D_vision) of several pictures."""
    return torch.stack([store.get(key) for key in keys])
