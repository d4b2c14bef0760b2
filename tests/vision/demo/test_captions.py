"""Captions: what they claim is what they say, and their truth is known for every scene."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mm_agent.vision.demo.captions import ANY, Claims, Facts, contradict, sample_claims, truth, word
from mm_agent.vision.demo.scenes import Scene, Thing, sample_scene
from mm_agent.vision.vocabulary import CHINESE_NUMBERS, COLOURS, DIGIT_WORDS, concepts


def scene(*kinds: tuple[int, int], colour: int = 0, at: tuple[float, float] = (0.5, 0.5)) -> Scene:
    things = tuple(Thing(concept, "noto", 0, *at, 0.2) for concept, count in kinds for _ in range(count))
    return Scene(things, colour, "flat", 0)


SCENES = (
    scene((3, 1), colour=2, at=(0.1, 0.1)),
    scene((3, 2), (7, 1), colour=4),
    scene((7, 3), colour=2),
)


@pytest.mark.parametrize(
    ("claims", "holds"),
    [
        (Claims(first=3), [True, True, False]),
        (Claims(first=3, first_count=2), [False, True, False]),
        (Claims(colour=2), [True, False, True]),
        (Claims(first=3, colour=2), [True, False, False]),
        (Claims(first=7, second=3), [False, True, False]),
        (Claims(first=7, first_count=1, second=3, second_count=2), [False, True, False]),
        (Claims(first=7, first_count=3, second=3, second_count=2), [False, False, False]),
        (Claims(first=3, place=0), [True, False, False]),
        (Claims(first=3, place=4), [False, True, False]),
        (Claims(first=11), [False, False, False]),
    ],
)
def test_truth(claims: Claims, holds: list[bool]) -> None:
    assert truth(Facts.of(SCENES), [claims])[:, 0].tolist() == holds


@pytest.mark.parametrize("seed", range(40))
def test_sampled_claims_are_true_and_contradicted_ones_are_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = sample_scene(rng)
    facts = Facts.of([drawn])
    claims = sample_claims(drawn, rng)
    assert truth(facts, [claims]).all()
    false = contradict(claims, rng)
    fields = ("first", "first_count", "second", "second_count", "colour", "place")
    assert sum(getattr(false, name) != getattr(claims, name) for name in fields) == 1
    assert not truth(facts, [false]).any()


@pytest.mark.parametrize("seed", range(60))
def test_a_sentence_says_what_it_claims(seed: int) -> None:
    rng = np.random.default_rng(seed)
    claims = sample_claims(sample_scene(rng), rng)
    english, chinese = (word(claims, language, rng).text for language in ("en", "zh"))
    if claims.first != ANY:
        concept = concepts()[claims.first]
        assert concept.en in english or concept.en_plural in english
        assert concept.zh in chinese
    if claims.first_count > 1:
        assert re.search(rf"\b({claims.first_count}|{DIGIT_WORDS[claims.first_count]})\b", english)
        assert re.search(f"{claims.first_count}|{CHINESE_NUMBERS[claims.first_count]}", chinese)
    if claims.colour != ANY:
        assert COLOURS[claims.colour].en in english
        assert COLOURS[claims.colour].zh in chinese


def test_only_bare_presence_counts_as_presence() -> None:
    assert Claims(first=2).presence_only
    assert not Claims(first=2, place=3).presence_only
    assert not Claims(colour=1).presence_only
