"""The table of things and colours, and the forms of its nouns."""

from __future__ import annotations

import pytest

from mm_agent.vision.vocabulary import COLOURS, concepts, find, labels, noun_forms, regular_plural


def test_names_are_unique_in_each_language() -> None:
    for language in ("en", "zh"):
        assert len(set(labels(language))) == len(concepts()) >= 190
    assert len({concept.key for concept in concepts()}) == len(concepts())
    assert len({colour.en for colour in COLOURS}) == len({colour.rgb for colour in COLOURS}) == 10


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("cat", "cat"),
        ("Cats", "cat"),
        ("the wolves", "wolf"),
        ("猫", "cat"),
        ("  a  hot dog ", "hot_dog"),
        ("coffee", "coffee"),
        ("glasses", "glasses"),
        ("an apple?", "apple"),
    ],
)
def test_a_noun_is_found_in_any_form(said: str, key: str) -> None:
    concept = find(said)
    assert concept is not None
    assert concept.key == key


@pytest.mark.parametrize("said", ["zeppelin", "", "cat dog", "猫狗"])
def test_other_words_are_not_found(said: str) -> None:
    assert find(said) is None


@pytest.mark.parametrize(
    ("noun", "count", "language", "form"),
    [
        ("cat", 1, "en", "1 cat"),
        ("mice", 3, "en", "3 mice"),
        ("cat", 2, "zh", "两只猫"),
        ("火车", 12, "zh", "12列火车"),
        ("zebra", 2, "en", "2 zebras"),
        ("斑马", 3, "zh", "三个斑马"),
    ],
)
def test_counted_nouns(noun: str, count: int, language, form: str) -> None:
    assert noun_forms(noun, count, language) == form


@pytest.mark.parametrize(
    ("one", "many"),
    [("box", "boxes"), ("city", "cities"), ("day", "days"), ("dress", "dresses"), ("cats", "cats")],
)
def test_regular_plurals(one: str, many: str) -> None:
    assert regular_plural(one) == many
