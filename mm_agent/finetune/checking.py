"""What is wrong with training data, before anything is trained on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from mm_agent.finetune.looking import sort_out
from mm_agent.finetune.samples import LabelledData, Sample
from mm_agent.finetune.splitting import Shares, stratified_split

SHOWN = 5


class Report(BaseModel):
    """Everything `check` found."""

    model_config = ConfigDict(frozen=True)

    source: str
    exclusive: bool
    rows: int
    usable: int
    bad_rows: list[str] = Field(description="Rows of the table that cannot be read.")
    missing: list[str] = Field(description="Pictures that are not there.")
    corrupt: list[str] = Field(description="Pictures that cannot be decoded.")
    unlabelled: list[str] = Field(description="Pictures without any label.")
    duplicates: list[list[str]] = Field(description="Rows with the same picture.")
    contradictions: list[list[str]] = Field(description="The same picture with different labels.")
    leaks: list[list[str]] = Field(description="The same picture in several parts of the data.")
    parts: dict[str, int] = Field(description="Usable pictures by part.")
    counts: dict[str, dict[str, int]] = Field(description="Pictures of each label, by part and in all.")
    together: list[list[int]] = Field(description="How many pictures show both labels, row by column.")

    @property
    def bad_share(self) -> float:
        """Share of rows that cannot be trained on."""
        return 1 - self.usable / self.rows if self.rows else 0.0

    @property
    def clean(self) -> bool:
        """Whether there is nothing to mend."""
        return not any(
            (self.bad_rows, self.missing, self.corrupt, self.unlabelled, self.contradictions, self.leaks)
        )


def check(
    data: LabelledData, shares: Shares, *, seed: int = 0, on_picture: Callable[[], None] = lambda: None
) -> Report:
    """Open every picture and report.

    Args:
        data: what to check.
        shares: the split that training would make, where the data says none itself.
        seed: of that split.
        on_picture: called after each picture.
    """
    seen, unusable = sort_out(data.samples, on_picture=on_picture)
    samples = [one.sample for one in seen]
    targets = targets_of(samples, len(data.labels))
    parts = parts_of(samples, [one.key for one in seen], shares, seed)
    by_key: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(seen):
        by_key[one.key].append(number)
    groups = [rows for rows in by_key.values() if len(rows) > 1]

    def named(rows: Sequence[int]) -> list[str]:
        return [samples[row].place for row in rows]

    return Report(
        source=data.source.name,
        exclusive=data.exclusive,
        rows=data.total,
        usable=len(seen),
        bad_rows=list(data.bad_rows),
        missing=[one.line for one in unusable if one.missing],
        corrupt=[one.line for one in unusable if not one.missing],
        unlabelled=[samples[row].place for row in range(len(samples)) if not targets[row].any()],
        duplicates=[named(rows) for rows in groups],
        contradictions=[named(rows) for rows in groups if len({samples[row].targets for row in rows}) > 1],
        leaks=[named(rows) for rows in groups if len({parts[row] for row in rows}) > 1],
        parts=dict(Counter(parts)),
        counts=_counts(targets, parts, data.labels),
        together=(targets.T @ targets).tolist(),
    )


def targets_of(samples: Sequence[Sample], labels: int) -> np.ndarray:
    """Targets (N, M) as int64."""
    return np.array([sample.targets for sample in samples], dtype=np.int64).reshape(-1, labels)


def parts_of(samples: Sequence[Sample], keys: Sequence[str], shares: Shares, seed: int) -> list[str]:
    """The part of each sample: the data's own where it has one, else by a stratified split.

    Data that names a training part only, or training and validation, has the missing parts taken out of its
    training part.
    """
    own = [sample.split for sample in samples]
    given = {split for split in own if split is not None}
    free = [row for row, split in enumerate(own) if split is None or split == "train"]
    wanted = {split: share for split, share in shares.items() if split not in given - {"train"}}
    targets = targets_of([samples[row] for row in free], len(samples[0].targets) if samples else 0)
    split = stratified_split(targets, [keys[row] for row in free], wanted, seed=seed)
    parts: list[str] = [str(part) for part in own]
    for row, part in zip(free, split, strict=True):
        parts[row] = part
    return parts


def _counts(targets: np.ndarray, parts: Sequence[str], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    rows: dict[str, dict[str, int]] = {}
    where = np.array(parts)
    for column, label in enumerate(labels):
        own = {part: int(targets[where == part, column].sum()) for part in dict.fromkeys(parts)}
        rows[label] = own | {"all": int(targets[:, column].sum())}
    return rows
