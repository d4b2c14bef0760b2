"""From dialogues to token batches: one shared system turn, many dialogues behind it, sorted by length."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import IterableDataset, get_worker_info

from mm_agent.local.demo.batch import IGNORED, Batch
from mm_agent.local.demo.dialogues import make_group
from mm_agent.local.demo.drills import make_drill
from mm_agent.local.demo.talk import Talk, turn_text

LONGEST = 600


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
    """Batches without end, the same for the same seed, first step and number of workers.

    Args:
        tokenizer: Cuts the text.
        tokens: About how many tokens a batch has, padding included.
        seed: Of the dice.
        start: The step the first batch is for.
        bare_until: Before this step most dialogues stand without a system turn.
        drills: Before this step only drills in copying; later one batch in ten is one.
    """

    def __init__(
        self, tokenizer: Tokenizer, *, tokens: int, seed: int, start: int, bare_until: int, drills: int = 0
    ) -> None:
        self.tokenizer, self.tokens, self.seed = tokenizer, tokens, seed
        self.start, self.bare_until, self.drills = start, bare_until, drills

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        number, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        step = self.start + number
        rng = np.random.default_rng([self.seed, step])
        few = self.tokenizer.encode(" 0123456789", add_special_tokens=False).ids
        while True:
            if step < self.drills or rng.random() < 0.1:
                yield make_drill(rng, self.tokens, low=3, high=self.tokenizer.get_vocab_size(), few=few)
                step += stride
            else:
                for batch in self._dialogues(rng, bare=step < self.bare_until):
                    yield batch
                    step += stride

    def _dialogues(self, rng: np.random.Generator, *, bare: bool) -> list[Batch]:
        """Four batches or so that share a prefix, each of dialogues of like length."""
        group = make_group(rng, self.tokens // 50, bare=bare)
        encoded = [encode_talk(self.tokenizer, talk, thought=rng.random() < 0.15) for talk in group.talks]
        # The longest conversations would only slow the others down.
        encoded = sorted((pair for pair in encoded if len(pair[0]) <= LONGEST), key=lambda pair: len(pair[0]))
        batches, rows = [], []
        for pair in encoded:
            if (len(rows) + 1) * len(pair[0]) > self.tokens:
                batches.append(make_batch(self.tokenizer, group.system, rows))
                rows = []
            rows.append(pair)
        batches.append(make_batch(self.tokenizer, group.system, rows))
        return [batches[index] for index in rng.permutation(len(batches))]
