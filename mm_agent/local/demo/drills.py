"""Drills in copying: random phrases behind random keys, then the keys again in another order.

Copying is what a small model finds hardest, and dialogues alone teach it late: a few hundred steps of these
short rows bring it about first (they are associative recall with phrases, as in arXiv 2312.04927).
"""

from __future__ import annotations

import numpy as np
import torch

from mm_agent.local.demo.batch import IGNORED, Batch


def make_drill(rng: np.random.Generator, rows: int, *, low: int, high: int, digits: list[int]) -> Batch:
    """One batch without a prefix.

    Args:
        rng: The dice.
        rows: Rows of the batch.
        low: The first token id that may appear.
        high: Behind the last one.
        digits: Token ids of 0 to 9: a third of the phrases consists of them, so that longer matches are
            needed.
    """
    phrases = int(rng.integers(2, 9))
    lengths = rng.integers(1, 7, phrases)
    filler = int(rng.integers(0, 24))
    pairs = [_row(rng, lengths, filler, low, high, digits) for _ in range(rows)]
    tokens, targets = (torch.tensor(np.stack(column)) for column in zip(*pairs, strict=True))
    return Batch(torch.zeros(0, dtype=torch.long), tokens, targets)


def _row(
    rng: np.random.Generator, lengths: np.ndarray, filler: int, low: int, high: int, digits: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    keys = rng.choice(np.arange(low, high), len(lengths), replace=False)
    numeric = rng.random(len(lengths)) < 0.3
    phrases = [
        rng.choice(digits, n) if number else rng.integers(low, high, n)
        for n, number in zip(lengths, numeric, strict=True)
    ]
    written = [np.concatenate([[key], phrase]) for key, phrase in zip(keys, phrases, strict=True)]
    again = [written[index] for index in rng.permutation(len(written))]
    ids = np.concatenate([*written, rng.integers(low, high, filler), *again])
    recalled = np.concatenate([np.r_[False, np.ones(len(part) - 1, bool)] for part in again])
    targets = np.full(len(ids), IGNORED)
    learnt = np.r_[np.zeros(len(ids) - len(recalled), bool), recalled]
    targets[:-1][learnt[1:]] = ids[1:][learnt[1:]]
    return ids.astype(np.int64), targets.astype(np.int64)
