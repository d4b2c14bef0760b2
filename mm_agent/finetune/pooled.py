"""Pooled features of a frozen encoder: every picture goes through it once, whatever is trained on them.

Two vectors a picture, neither normalised: the mean of the patch features, which is what transformers' image
classifiers read, and the attention-pooled vector, which is what texts are compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import FinetuneError
from mm_agent.finetune.looking import S, Seen, Unusable, look_over
from mm_agent.vision.caches import DiskTensors
from mm_agent.vision.encoder import SiglipEncoder

BATCH = 64
Say = Callable[[str], None]
_NAMES = ("mean", "pooled")


@dataclass(frozen=True)
class Pooled:
    """Features of usable samples, in their order.

    Attributes:
        mean: (N, D) the mean of the patch features.
        attended: (N, D) the attention-pooled vectors.
    """

    mean: Tensor
    attended: Tensor


def pooled_features(
    encoder: SiglipEncoder, samples: Sequence[S], folder: Path, *, say: Say = lambda line: None
) -> tuple[list[Seen[S]], list[Unusable[S]], Pooled]:
    """Look at every picture that is not known yet.

    Args:
        encoder: frozen.
        samples: whose pictures to look at.
        folder: keeps the features between runs, by content and encoder.
        say: gets a line now and then.

    Returns:
        The usable samples, those that are not, and the features of the usable ones.

    Raises:
        FinetuneError: no picture can be used.
    """
    disk = DiskTensors(folder, encoder.fingerprint, str(encoder.dtype).removeprefix("torch."))
    known: dict[str, dict[str, Tensor]] = {}
    waiting: dict[str, Image.Image] = {}
    seen: list[Seen[S]] = []
    unusable: list[Unusable[S]] = []

    def is_known(key: str) -> bool:
        if key in known:
            return True
        kept = disk.get(key)
        if all(name in kept for name in _NAMES):
            known[key] = kept
        return key in known

    def look() -> None:
        rows = dict(zip(waiting, _look(encoder, list(waiting.values())), strict=True))
        for key, row in rows.items():
            disk.put(key, row)
        known.update(rows)
        waiting.clear()

    for number, one in enumerate(look_over(samples, known=is_known), 1):
        if isinstance(one, Unusable):
            unusable.append(one)
        else:
            if one.image is not None and one.key not in known:
                waiting[one.key] = one.image
            seen.append(Seen(one.sample, one.key, None))
        if len(waiting) >= BATCH:
            look()
        if number % (16 * BATCH) == 0:
            say(f"looked at {number} of {len(samples)} pictures")
    if waiting:
        look()
    if not seen:
        first = f": {unusable[0].line}" if unusable else ""
        raise FinetuneError(
            f"none of the {len(samples)} pictures can be used{first}; name their folder with --images"
        )
    mean, attended = (torch.stack([known[one.key][name] for one in seen]).float() for name in _NAMES)
    return seen, unusable, Pooled(mean, attended)


def _look(encoder: SiglipEncoder, images: list[Image.Image]) -> list[dict[str, Tensor]]:
    grids = encoder.patch_grids(images)
    attended = encoder.embed_images(images, normalize=False)  # known from the same pass
    return [
        {"mean": grid.flatten(0, 1).mean(0), "pooled": row} for grid, row in zip(grids, attended, strict=True)
    ]
