"""Captions and labels name the right concepts; what they leave open stays unknown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mm_agent.vision.vocabulary import Vocabulary
from tests.training.photo.builders import concept, image_set, names
from training.photo.names import Names, read_names
from training.photo.priors import log_odds
from training.photo.sets import Example
from training.photo.targets import targets
from training.photo.wordnet import WordNet

CONCEPTS = (
    concept("animal", "动物", group="animal"),
    concept("dog", "狗狗", parent="animal", group="animal", also="doggy 大狗"),
    concept("poodle", "贵宾犬", parent="dog", group="animal"),
    concept("hot dog", "热狗", group="food"),
    concept("orange", "橙子", group="food"),
    concept("sky", "天空", group="sky"),
    concept("man", "男人", group="person"),
    concept("cyclist", "骑行者", group="person"),
    concept("running", "跑步", group="activity"),
    concept("kitchen", "厨房", group="room"),
    concept("bedroom", "卧室", group="room"),
)


@pytest.fixture(scope="module")
def known() -> Names:
    return names(*CONCEPTS)


def named(known: Names, *, captions: tuple[str, ...] = (), captions_zh: tuple[str, ...] = ()) -> set[str]:
    example = Example(file="a", captions=captions, captions_zh=captions_zh)
    return {known[number].key for number in known.of_captions(example)}


def row(known: Names, name: str = "toy", **words: tuple[str, ...]) -> dict[str, int]:
    (values,) = targets(known, image_set(words, name=name))
    return {one.key: int(value) for one, value in zip(known.names, values, strict=True)}


def test_captions_name_things_by_their_longest_spelling(known: Names) -> None:
    assert named(known, captions=("A hot dog!",)) == {"hot dog"}
    assert named(known, captions=("Two dogs and a doggy run .",)) == {"dog", "running"}
    assert named(known, captions_zh=("一只贵宾犬和一个男人。",)) == {"poodle", "man"}
    assert named(known, captions_zh=("大狗在跑步",)) == {"dog", "running"}
    assert named(known, captions_zh=("狗",)) == set(), "a single character is no word"


def test_words_that_mostly_mean_something_else_are_passed_over(known: Names) -> None:
    assert named(known, captions=("a man in an orange shirt",)) == {"man"}
    assert known.of_labels(["orange"]) == {4}, "but a label means what it says"


def test_a_spelling_goes_to_the_concept_that_has_it_as_its_usual_one() -> None:
    known = names(concept("beast", "兽", also="dog"), concept("dog", "狗狗"))
    assert known[known.by_text["dog"]].key == "dog"


def test_hypernyms_of_labels_are_right_and_kinds_of_them_unknown(known: Names) -> None:
    found = row(known, labels=("dog",))
    assert (found["dog"], found["animal"], found["poodle"]) == (1, 1, -1)
    assert found["hot dog"] == found["orange"] == 0
    assert found["man"] == found["sky"] == -1, "labels do not say who else is there"
    assert row(known, labels=("poodle",))["dog"] == 1


def test_captions_leave_open_what_people_seldom_mention(known: Names) -> None:
    found = row(known, captions=("a man with a dog",))
    assert (found["man"], found["dog"], found["animal"]) == (1, 1, 1)
    assert found["sky"] == found["kitchen"] == -1
    assert found["cyclist"] == -1, "the man may be one"
    assert found["running"] == found["hot dog"] == 0
    assert row(known, captions=("a dog",))["cyclist"] == 0


def test_of_places_a_picture_has_one(known: Names) -> None:
    found = row(known, "miniplaces", labels=("kitchen",))
    assert (found["kitchen"], found["bedroom"], found["sky"], found["man"]) == (1, 0, -1, -1)


def test_priors_are_log_odds_above_those_of_a_rare_name() -> None:
    always, half, never = log_odds([np.array([[1, 1, 0], [1, 0, 0]], np.int8)])
    assert always > half > 0 > never
    assert half == pytest.approx(np.log(0.999 / 0.001), abs=1e-5)
    unknown = log_odds([np.array([[1], [-1]], np.int8)])
    assert unknown == pytest.approx(np.log(1 / 0.15) + half, abs=1e-5), "unknown ones hardly count as absent"
    often, seldom = (log_odds([np.ones((2, 1)), np.zeros((3, 1))], weights) for weights in ((3, 1), (1, 3)))
    assert often > half > seldom


def test_imagenet_names_go_below_their_nearest_known_hypernym(tmp_path: Path) -> None:
    (tmp_path / "cntlist.rev").write_text("dog%1:05:00:: 1 9\n")
    (tmp_path / "data.noun").write_text(
        "  1 licence\n"
        "02084071 05 n 02 dog 0 domestic_dog 0 001 @ 00015388 n 0000 | a pet\n"
        "02113624 05 n 01 toy_poodle 0 001 @ 02113335 n 0000 | small\n"
        "02113335 05 n 01 fancy_breed 0 001 @ 02084071 n 0000 | unknown to the vocabulary\n"
    )
    imagenet = image_set(
        {"labels": ("toy poodle",), "wnid": "n02113624", "index": 265},
        {"labels": ("dog",), "wnid": "n02084071", "index": 1},
        name="imagenet_samples",
    )
    found = read_names(Vocabulary(CONCEPTS), imagenet, WordNet(tmp_path))
    assert len(found) == len(CONCEPTS) + 1
    assert (found[-1].key, found[-1].parent, found[-1].group) == ("imagenet_265", "dog", "animal")
    assert not found[-1].is_of_vocabulary
    assert [found[number].key for number in found.hypernyms[-1]] == ["imagenet_265", "dog", "animal"]
