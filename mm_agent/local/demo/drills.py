"""Drills in copying: random phrases behind random keys, then the keys again in another order.

Associative recall with phrases, as in arXiv 2312.04927; in some, the tokens of a phrase stand between spaces,
so that the token in front does not tell the place.
"""

from __future__ import annotations

import numpy as np
import torch

from mm_agent.local.demo.batch import IGNORED, Batch


def make_drill(rng: np.random.Generator, tokens: int, *, low: int, high: int, few: list[int]) -> Batch:
    """One batch without a prefix.

    Args:
        rng: The dice.
        tokens: About how many tokens the batch has.
        low: The first token id that may appear.
        high: Behind the last one.
        few: Ids of a space and of digits: a third of the phrases consists of digits, so that longer matches
            are needed.
    """
    lengths = rng.integers(1, 7, int(rng.integers(2, 9)))
    filler, spaced = int(rng.integers(0, 24)), rng.random() < 0.4
    rows = tokens // (2 * int((1 + lengths * (1 + spaced)).sum()) + filler)
    pairs = [_row(rng, lengths, filler, low, high, few, spaced=spaced) for _ in range(max(1, rows))]
    ids, targets = (torch.tensor(np.stack(column)) for column in zip(*pairs, strict=True))
    return Batch(torch.zeros(0, dtype=torch.long), ids, targets)


def _row(
    rng: np.random.Generator, lengths: np.ndarray, filler: int, low: int, high: int, few: list[int],
    *, spaced: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    space, *digits = few
    keys = rng.choice(np.arange(low, high), len(lengths), replace=False)
    numeric = rng.random(len(lengths)) < 0.3
    phrases = [
        rng.choice(digits, n) if number else rng.integers(low, high, n)
        for n, number in zip(lengths, numeric, strict=True)
    ]
    if spaced:
        phrases = [np.stack([np.full_like(phrase, space), phrase], 1).ravel() for phrase in phrases]
    written = [np.r_[key, phrase] for key, phrase in zip(keys, phrases, strict=True)]
    again = [written[index] for index in rng.permutation(len(written))]
    ids = np.concatenate([*written, rng.integers(low, high, filler), *again])
    recalled = np.concatenate([np.r_[False, np.ones(len(part) - 1, bool)] for part in again])
    targets = np.full(len(ids), IGNORED)
    learnt = np.r_[np.zeros(len(ids) - len(recalled), bool), recalled]
    targets[:-1][learnt[1:]] = ids[1:][learnt[1:]]
    return ids.astype(np.int64), targets.astype(np.int64)
