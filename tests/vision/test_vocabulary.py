"""The two tables of things, their hypernyms, and the forms of their nouns."""

from __future__ import annotations

import pytest

from mm_agent.vision.vocabulary import (
    COLOURS,
    Vocabulary,
    concepts,
    find,
    noun_forms,
    regular_plural,
    stickers,
    world,
)

BOTH = pytest.mark.parametrize("vocabulary", [stickers(), world()], ids=["stickers", "world"])


@BOTH
def test_names_are_unique_in_each_language(vocabulary: Vocabulary) -> None:
    for language in ("en", "zh"):
        assert len({label.lower() for label in vocabulary.labels(language)}) == len(vocabulary)
    assert len({concept.key for concept in vocabulary.concepts}) == len(vocabulary)


@BOTH
def test_every_label_names_its_own_concept(vocabulary: Vocabulary) -> None:
    for concept in vocabulary.concepts:
        for name in (concept.en, concept.zh):
            assert vocabulary.find(name) == concept


@BOTH
def test_no_cell_is_empty_or_in_the_wrong_script(vocabulary: Vocabulary) -> None:
    for concept in vocabulary.concepts:
        assert (concept.key + concept.en + concept.en_plural).isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in concept.zh)
        assert "\ufffd" not in concept.zh + "".join(concept.also)
        cells = (concept.key, concept.en, concept.en_plural, concept.zh, concept.zh_measure, *concept.also)
        assert all(cell == cell.strip() != "" for cell in cells)


def test_other_names_belong_to_one_concept() -> None:
    for concept in world().concepts:
        for name in (*concept.also, concept.en_plural):
            assert world().find(name) == concept


def test_the_tables_are_large_enough() -> None:
    assert len(stickers()) == len(concepts()) == 194
    assert len(world()) >= 1200
    assert len({colour.en for colour in COLOURS}) == len({colour.rgb for colour in COLOURS}) == 10


def test_every_sticker_is_a_thing_of_the_world() -> None:
    for sticker in stickers().concepts:
        thing = find(sticker.en)
        assert thing is not None
        assert find(sticker.en_plural) == thing
        assert find(sticker.zh) is not None


def test_hypernyms_end() -> None:
    for concept in world().concepts:
        chain = world().hypernyms(concept)
        assert concept not in chain
        assert len(set(chain)) == len(chain) <= 5
    assert all(not stickers().hypernyms(concept) for concept in stickers().concepts)


@pytest.mark.parametrize(
    ("name", "chain"),
    [
        ("Labrador", ["retriever", "dog", "animal"]),
        ("king penguin", ["penguin", "bird", "animal"]),
        ("消防车", ["truck", "vehicle"]),
        ("意大利面", ["noodles", "food"]),
        ("living room", ["room"]),
        ("jeans", ["trousers", "clothes"]),
        ("surfing", ["sports"]),
        ("animal", []),
    ],
)
def test_hypernyms_nearest_first(name: str, chain: list[str]) -> None:
    concept = find(name)
    assert concept is not None
    assert [above.en for above in world().hypernyms(concept)] == chain
    assert all(world().is_a(concept, above) for above in world().hypernyms(concept))
    assert all(concept in world().hyponyms(above) for above in world().hypernyms(concept))


def test_is_a_goes_one_way() -> None:
    dog, animal, poodle = (world().get(key) for key in ("dog", "animal", "poodle"))
    assert world().is_a(poodle, animal)
    assert world().is_a(dog, dog)
    assert not world().is_a(animal, dog)
    assert not world().is_a(poodle, world().get("cat"))
    assert {world().get("husky"), world().get("golden_retriever")} <= set(world().hyponyms(dog))


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("cat", "cat"),
        ("Cats", "cat"),
        ("the wolves", "wolf"),
        ("猫", "cat"),
        ("  a  hot dog ", "hot_dog"),
        ("coffee", "coffee"),
        ("a cup of coffee", "coffee"),
        ("glasses", "glasses"),
        ("pairs of glasses", "glasses"),
        ("an apple?", "apple"),
        ("a couch", "sofa"),
        ("couches", "sofa"),
        ("fire engine", "fire_truck"),
        ("Golden Retrievers", "golden_retriever"),
        ("鼠标", "computer_mouse"),
        ("mouse", "mouse"),
        ("crane", "crane"),
        ("鹤", "crane_bird"),
        ("playing soccer", "playing_soccer"),
    ],
)
def test_a_noun_is_found_in_any_form(said: str, key: str) -> None:
    concept = find(said)
    assert concept is not None
    assert concept.key == key


@pytest.mark.parametrize("said", ["zeppelin", "", "cat dog", "猫狗", "leg of a dog"])
def test_other_words_are_not_found(said: str) -> None:
    assert find(said) is None


def test_stickers_have_their_own_everyday_names() -> None:
    names = {"kitten": "cat", "boat": "sailboat", "cake": "cake", "glasses": "glasses", "coffee": "coffee"}
    assert {said: thing.key for said in names if (thing := stickers().find(said))} == names
    assert stickers().find("library") is None


@pytest.mark.parametrize(
    ("noun", "count", "language", "form"),
    [
        ("cat", 1, "en", "1 cat"),
        ("mice", 3, "en", "3 mice"),
        ("bread", 1, "en", "1 loaf of bread"),
        ("glasses", 2, "en", "2 pairs of glasses"),
        ("cat", 2, "zh", "两只猫"),
        ("火车", 12, "zh", "12列火车"),
        ("zebra", 2, "en", "2 zebras"),
        ("斑马", 3, "zh", "三匹斑马"),
        ("couch", 2, "en", "2 couches"),
        ("couch", 2, "zh", "两张沙发"),
        ("zeppelin", 2, "en", "2 zeppelins"),
        ("齐柏林", 3, "zh", "三个齐柏林"),
    ],
)
def test_counted_nouns(noun: str, count: int, language, form: str) -> None:
    assert noun_forms(noun, count, language) == form


@pytest.mark.parametrize(
    ("key", "singular", "article"),
    [
        ("dog", "dog", True),
        ("bread", "bread", False),
        ("grapes", "bunch of grapes", True),
        ("running", "running", False),
        ("sheep", "sheep", True),
        ("rain", "rain", False),
        ("chest_of_drawers", "chest of drawers", True),
    ],
)
def test_english_in_a_sentence(key: str, singular: str, article: bool) -> None:
    concept = world().get(key)
    assert (concept.singular_en, concept.takes_article) == (singular, article)


def test_places_and_activities_are_not_counted() -> None:
    assert all(world().get(key).is_countable for key in ("dog", "bread", "glasses"))
    assert not any(world().get(key).is_countable for key in ("kitchen", "surfing", "beach", "rain"))


@pytest.mark.parametrize(
    ("one", "many"),
    [("box", "boxes"), ("city", "cities"), ("day", "days"), ("dress", "dresses"), ("cats", "cats")],
)
def test_regular_plurals(one: str, many: str) -> None:
    assert regular_plural(one) == many
