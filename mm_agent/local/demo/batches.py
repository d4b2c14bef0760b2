"""From dialogues to token batches: one shared system turn, many dialogues behind it, sorted by length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import IterableDataset

from mm_agent.local.demo.batch import IGNORED, Batch
from mm_agent.local.demo.dialogues import make_group
from mm_agent.local.demo.drills import make_drill
from mm_agent.local.demo.talk import Talk, turn_text

LONGEST = 400


def encode_talk(tokenizer: Tokenizer, talk: Talk, *, thought: bool = False) -> tuple[list[int], list[bool]]:
    """A dialogue's tokens, and which of them are to be learnt."""
    tokens: list[int] = []
    learnt: list[bool] = []
    for text, learn in turn_text(talk.turns, thought=thought):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        tokens += ids
        learnt += [learn] * len(ids)
    return tokens, learnt


def make_batch(tokenizer: Tokenizer, system: str, encoded: list[tuple[list[int], list[bool]]]) -> Batch:
    """Pad dialogues to the longest; the token at a place is the target of the place before."""
    length = max(len(tokens) for tokens, _ in encoded)
    tokens = torch.zeros(len(encoded), length, dtype=torch.long)
    targets = torch.full((len(encoded), length), IGNORED, dtype=torch.long)
    for row, (ids, learnt) in enumerate(encoded):
        tokens[row, : len(ids)] = torch.tensor(ids)
        following = torch.tensor([i if learn else IGNORED for i, learn in zip(ids, learnt, strict=True)][1:])
        targets[row, : len(ids) - 1] = following
    prefix = torch.tensor(tokenizer.encode(system, add_special_tokens=False).ids, dtype=torch.long)
    return Batch(prefix, tokens, targets)


class DialogueBatches(IterableDataset[Batch]):
    """Batches without end, the same for the same seed and first step.

    Args:
        tokenizer: Cuts the text.
        size: Dialogues in a batch.
        seed: Of the dice.
        start: The step the first batch is for.
        short_until: Before this step only short prompts.
        drills: Before this step only drills in copying; later every eighth batch is one.
    """

    def __init__(
        self, tokenizer: Tokenizer, *, size: int, seed: int, start: int, short_until: int, drills: int = 0
    ) -> None:
        self.tokenizer, self.size, self.seed = tokenizer, size, seed
        self.start, self.short_until, self.drills = start, short_until, drills

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, self.start])
        step = self.start
        words = self.tokenizer.get_vocab_size(with_added_tokens=False)  # without phrases
        digits = self.tokenizer.encode("0123456789").ids
        while True:
            if step < self.drills or step % 16 == 0:
                for _ in range(2):
                    yield make_drill(rng, 4 * self.size, low=3, high=words, digits=digits)
                step += 2
                continue
            group = make_group(rng, 2 * self.size, short=step < self.short_until)
            encoded = [encode_talk(self.tokenizer, talk, thought=rng.random() < 0.15) for talk in group.talks]
            # The longest conversations would only slow the others down.
            encoded = [pair for pair in encoded if len(pair[0]) <= LONGEST]
            encoded.sort(key=lambda pair: len(pair[0]))
            middle = len(encoded) // 2
            for half in (encoded[:middle], encoded[middle:]):
                yield make_batch(self.tokenizer, group.system, half)
            step += 2
