from __future__ import annotations

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from torch import Tensor

from mm_agent.local.checkpoint import find_checkpoint
from mm_agent.projection.demo.spelling import ANY, Spelling
from mm_agent.vision.demo.scenes import Scene, arrange
from mm_agent.vision.vocabulary import COLOURS, concepts

NAMES = {one.en: index for index, one in enumerate(concepts())}
TOKENIZER = Tokenizer.from_file(str(find_checkpoint("demo") / "tokenizer.json"))


@pytest.fixture(scope="module")
def words() -> Tensor:
    return torch.randn(TOKENIZER.get_vocab_size(), 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def spelling(words: Tensor) -> Spelling:
    return Spelling(TOKENIZER, words)


def scene_of(*groups: tuple[str, int], colour: str = "blue", seed: int = 0) -> Scene:
    number = [one.en for one in COLOURS].index(colour)
    return arrange(
        [(NAMES[name], count) for name, count in groups], np.random.default_rng(seed), colour=number
    )


def read(tokens: Tensor) -> list[str]:
    return ["*" if token == ANY else TOKENIZER.decode([token]).strip() or "_" for token in tokens.tolist()]


def test_a_scene_in_words(spelling: Spelling) -> None:
    scene = scene_of(("cat", 3), colour="green")
    (row,) = spelling.tokens([scene])
    assert len(row) == spelling.slots
    assert " ".join(read(row)) == "cat _ _ _ 猫 _ _ 3 * _ _ _ _ _ _ _ 0 _ green"


def test_left_things_come_first_and_single_ones_have_a_place(spelling: Spelling) -> None:
    for seed in range(8):
        scene = scene_of(("dog", 1), ("cat", 1), seed=seed)
        words = read(spelling.tokens([scene])[0])
        left, right = sorted(scene.things, key=lambda thing: thing.x)
        assert [words[0], words[9]] == [concepts()[thing.concept].en for thing in (left, right)]
        assert "*" not in words


def test_what_is_spelled_right_costs_little_and_counts_as_right(spelling: Spelling, words: Tensor) -> None:
    scenes = [scene_of(("cat", 2)), scene_of(("dog", 1), ("panda", 3), seed=1)]
    expected = spelling.tokens(scenes)
    told = words[expected.clamp(min=0)]
    assert spelling.right(told, expected).all()
    noise = torch.randn_like(told)
    assert spelling.loss(told, expected) < 0.2 < 4 < spelling.loss(noise, expected)
    wrong = told.flip(0)
    assert not spelling.right(wrong, expected)[:, 0].any()


def test_the_loss_leads_to_the_words(spelling: Spelling) -> None:
    expected = spelling.tokens([scene_of(("cat", 2))])
    soft = torch.zeros(1, spelling.slots, 32, requires_grad=True)
    with torch.no_grad():
        soft.normal_()
    optimizer = torch.optim.Adam([soft], lr=0.1)
    for _ in range(150):
        optimizer.zero_grad()
        spelling.loss(soft, expected).backward()
        optimizer.step()
    assert spelling.right(soft, expected).all()
