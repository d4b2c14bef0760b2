"""Pooled features of a frozen encoder: every picture goes through it once, whatever is trained on them.

Two vectors a picture, neither normalised: the mean of the patch features, which is what transformers' image
classifiers read, and the attention-pooled vector, which is what texts are compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mm_agent.errors import FinetuneError
from mm_agent.finetune.looking import S, Seen, Unusable, look_over
from mm_agent.finetune.shards import Shards
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.families.base import Inputs

_SHARD = 256
"""Pictures a file; a run that is killed looks at the last ones again, in the same batches."""
_SAID = 1024
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
    kept = Shards(folder / f"{encoder.fingerprint}-{str(encoder.dtype).removeprefix('torch.')}", _NAMES)
    new: dict[str, dict[str, Tensor]] = {}
    asked: set[str] = set()
    seen: list[Seen[S]] = []
    unusable: list[Unusable[S]] = []

    def new_pictures() -> Iterator[tuple[str, Inputs]]:
        looked = look_over(samples, keep=encoder.preprocess, known=kept.__contains__)
        for number, one in enumerate(looked, 1):
            if isinstance(one, Unusable):
                unusable.append(one)
            else:
                seen.append(one.seen)
                if one.kept is not None and one.seen.key not in asked:
                    asked.add(one.seen.key)
                    yield one.seen.key, one.kept
            if number % _SAID == 0:
                say(f"looked at {number} of {len(samples)} pictures")

    for key, summary in encoder.summaries(new_pictures()):
        new[key] = {"mean": summary.mean, "pooled": summary.pooled}
        if len(new) == _SHARD:
            kept.put(new)
            new = {}
    kept.put(new)
    if not seen:
        first = f": {unusable[0].line}" if unusable else ""
        raise FinetuneError(
            f"none of the {len(samples)} pictures can be used{first}; name their folder with --images"
        )
    rows = [kept.get(one.key) for one in seen]
    mean, attended = (torch.stack([row[name] for row in rows]) for name in _NAMES)
    return seen, unusable, Pooled(mean, attended)
