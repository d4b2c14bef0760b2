"""A deterministic split that keeps every label's share, with copies of a picture on one side.

Method: iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011, "On the stratification of multi-label
data"): the rarest label first, each of its pictures to the part that still wants most of that label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mm_agent.finetune.samples import SPLITS, Split

Shares = Mapping[str, float]


def stratified_split(
    targets: np.ndarray, keys: Sequence[str], shares: Shares, *, seed: int = 0
) -> list[Split]:
    """Give each row a part; the same input gives the same parts.

    Args:
        targets: (N, M) of 0 and 1.
        keys: (N) content hashes; rows of one key stay together.
        shares: how much of the data each part gets; parts of share 0 get nothing.
        seed: which of several equally good splits.
    """
    first: dict[str, int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    groups = list(first)
    wide = np.zeros((len(groups), targets.shape[1]), dtype=np.int64)  # (G, M): what any copy is labelled
    index = {key: number for number, key in enumerate(groups)}
    for row, key in enumerate(keys):
        wide[index[key]] |= targets[row].astype(np.int64)
    parts: list[Split] = [split for split in SPLITS if shares.get(split, 0) > 0]
    chosen = _assign(wide, np.array([shares[part] for part in parts], dtype=float), seed)
    return [parts[chosen[index[key]]] for key in keys]


def _assign(targets: np.ndarray, shares: np.ndarray, seed: int) -> np.ndarray:
    """The part of each row, (G)."""
    rng = np.random.default_rng(seed)
    shares = shares / shares.sum()
    rows = len(targets)
    wanted = shares * rows  # (P)
    wanted_of = np.outer(targets.sum(0), shares)  # (M, P)
    chosen = np.full(rows, -1)
    order = rng.permutation(rows)
    while True:
        left = targets[chosen < 0].sum(0)
        if not left.any():
            break
        label = int(np.argmin(np.where(left > 0, left, np.iinfo(np.int64).max)))
        for row in order[(chosen[order] < 0) & (targets[order, label] > 0)]:
            part = _neediest(wanted_of[label], wanted)
            chosen[row] = part
            wanted[part] -= 1
            wanted_of[targets[row] > 0, part] -= 1
    for row in order[chosen[order] < 0]:  # without any label
        part = int(np.argmax(wanted))
        chosen[row] = part
        wanted[part] -= 1
    return chosen


def _neediest(of_label: np.ndarray, of_all: np.ndarray) -> int:
    """The part that wants most of this label; among equals, the one that wants most pictures."""
    best = np.flatnonzero(np.isclose(of_label, of_label.max()))
    return int(best[np.argmax(of_all[best])])
