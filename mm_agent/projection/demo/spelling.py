"""The words a picture's soft tokens spell: what the projector learns before any language model reads it.

Each soft token has one word to say, of the language model's own embeddings: for each kind of thing, left
ones first, its English and its Chinese name, how many, and the place of a single one; at last the background.
A model that reads words then reads pictures. Names stand before number and place, so that these, in a causal
model, already know whose they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from mm_agent.vision.demo.captions import PLACES_EN
from mm_agent.vision.demo.scenes import Scene
from mm_agent.vision.vocabulary import COLOURS, concepts

KINDS = 2
"""Kinds of things in a scene."""
NAME = {"en": 4, "zh": 3}
"""Tokens of a name; longer names are cut, shorter ones filled with spaces."""
SHARPNESS = 20.0
"""A soft token says the word whose direction is nearest; this times the cosine is the logit."""
ANY = -100
"""Where a soft token may say what it likes: the place of a thing that is there several times."""


class Spelling:
    """The words of scenes for one tokenizer.

    Args:
        tokenizer: The language model's.
        words: (V, D_text), its embeddings.
    """

    slots = KINDS * (sum(NAME.values()) + 2) + 1
    """T, the soft tokens of a picture."""

    def __init__(self, tokenizer: Tokenizer, words: Tensor) -> None:
        def first(text: str) -> int:
            return tokenizer.encode(text, add_special_tokens=False).ids[0]

        def padded(text: str, length: int) -> list[int]:
            return (tokenizer.encode(text, add_special_tokens=False).ids + [first(" ")] * length)[:length]

        self._names = [[*padded(c.en, NAME["en"]), *padded(c.zh, NAME["zh"])] for c in concepts()]
        self._numbers = [first(str(number)) for number in range(10)]
        self._places = [first(place) for place in PLACES_EN]
        self._colours = [first(colour.en) for colour in COLOURS]
        self._nothing = [first(" ")] * sum(NAME.values()) + [self._numbers[0], first(" ")]
        said = [*self._numbers, *self._places, *self._colours, first(" "), *chain(*self._names)]
        self.vocabulary = torch.tensor(sorted(set(said)), device=words.device)
        self._index = torch.full((len(words),), ANY, device=words.device)
        self._index[self.vocabulary] = torch.arange(len(self.vocabulary), device=words.device)
        spoken = words[self.vocabulary].detach().float()
        self._directions, self._length = F.normalize(spoken, dim=-1), spoken.norm(dim=-1).mean()

    def tokens(self, scenes: Sequence[Scene]) -> Tensor:
        """(P, T) the token each soft token should say, or ANY."""
        return torch.tensor([self._spell(scene) for scene in scenes], device=self.vocabulary.device)

    def _spell(self, scene: Scene) -> list[int]:
        left = sorted(scene.counts, key=lambda kind: min(t.x for t in scene.things if t.concept == kind))
        rows = [self._kind(scene, kind) for kind in left] + [self._nothing] * (KINDS - len(left))
        return [*chain(*rows), self._colours[scene.colour]]

    def _kind(self, scene: Scene, kind: int) -> list[int]:
        alike = [thing for thing in scene.things if thing.concept == kind]
        place = self._places[alike[0].place] if len(alike) == 1 else ANY
        return [*self._names[kind], self._numbers[len(alike)], place]

    def loss(self, soft: Tensor, expected: Tensor) -> Tensor:
        """Mean cross-entropy of the words, and a pull towards the length of a word.

        Args:
            soft: (P, T, D_text) soft tokens.
            expected: (P, T) as `tokens` gives them.
        """
        logits = SHARPNESS * F.normalize(soft.float(), dim=-1) @ self._directions.T  # (P, T, vocabulary)
        told = expected.clamp(min=0)
        wanted = torch.where(expected == ANY, ANY, self._index[told])
        length = soft.float().norm(dim=-1) / self._length - 1
        return F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=ANY) + 0.1 * (
            length.square().mean()
        )

    def right(self, soft: Tensor, expected: Tensor) -> Tensor:
        """(P, T) bool: whether each says its word; true where it may say what it likes."""
        said = (F.normalize(soft.float(), dim=-1) @ self._directions.T).argmax(-1)
        return (self.vocabulary[said] == expected) | (expected == ANY)
