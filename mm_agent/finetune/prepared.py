"""Data made ready: pictures looked at, bad rows listed, parts chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mm_agent.errors import FinetuneError
from mm_agent.finetune.checking import parts_of, targets_of
from mm_agent.finetune.looking import Seen
from mm_agent.finetune.pooled import Pooled, pooled_features
from mm_agent.finetune.reading import read_labelled
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.finetune.run_folder import require_enough
from mm_agent.finetune.samples import LabelledData, Sample
from mm_agent.vision.encoder import SiglipEncoder

Say = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """Everything a method needs.

    Attributes:
        data: labels and source.
        seen: the usable samples.
        left_out: one line for each row that is not used.
        targets: (N, M) of 0 and 1.
        parts: the part of each sample.
        features: of all samples.
    """

    data: LabelledData
    seen: Sequence[Seen[Sample]]
    left_out: Sequence[str]
    targets: Tensor
    parts: Sequence[str]
    features: Pooled

    def rows(self, part: str) -> Tensor:
        """Indices of the samples in a part; the test part is the validation part where there is none."""
        if part == "test" and "test" not in self.parts:
            part = "validation"
        return torch.tensor([row for row, own in enumerate(self.parts) if own == part])

    def of(self, part: str) -> tuple[Tensor, Tensor]:
        """Mean features (n, D) and targets (n, M) of a part."""
        rows = self.rows(part)
        return self.features.mean[rows], self.targets[rows]


def prepare(rules: ClassifyRules, encoder: SiglipEncoder, out: Path, features: Path, *, say: Say) -> Prepared:
    """Read, look, list what is bad, split.

    Raises:
        FinetuneError: too much cannot be used, or a label is in no training picture.
    """
    data = read_labelled(
        rules.data, images=rules.images, image_column=rules.image_column, label_columns=rules.label_columns
    )
    say(f"{data.total} rows, {len(data.labels)} labels: {', '.join(data.labels[:20])}")
    seen, unusable, pooled = pooled_features(encoder, data.samples, features, say=say)
    left_out = [*data.bad_rows, *(one.line for one in unusable)]
    require_enough(left_out, data.total, rules.bad_share, out / "left-out.txt")
    if left_out:
        say(f"left out {len(left_out)} of {data.total} rows (left-out.txt), such as {left_out[0]}")
    samples = [one.sample for one in seen]
    parts = parts_of(samples, [one.key for one in seen], rules.shares, rules.seed)
    targets = torch.from_numpy(targets_of(samples, len(data.labels)))
    prepared = Prepared(data, seen, left_out, targets, parts, pooled)
    _require_learnable(prepared)
    return prepared


def _require_learnable(prepared: Prepared) -> None:
    _, targets = prepared.of("train")
    if not len(targets) or not len(prepared.rows("validation")):
        raise FinetuneError(
            f"{len(prepared.parts)} usable pictures are too few to train on some and validate on others; "
            "add pictures or raise --validation"
        )
    seen = targets.sum(0)
    labels = prepared.data.labels
    if never := [label for label, count in zip(labels, seen.tolist(), strict=True) if count == 0]:
        raise FinetuneError(f"no training picture shows {', '.join(never[:5])}; add some, or leave it out")
    if not prepared.data.exclusive and (
        always := [label for label, count in zip(labels, seen.tolist(), strict=True) if count == len(targets)]
    ):
        raise FinetuneError(
            f"every training picture shows {always[0]}, so it cannot be learnt; add others or leave it out"
        )
