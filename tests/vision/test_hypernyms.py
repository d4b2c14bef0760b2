"""Which names of a chain are said, from planted logits."""

from __future__ import annotations

import pytest

from mm_agent.vision.hypernyms import CLEAR_MARGIN, most_useful, without_hypernyms
from mm_agent.vision.vocabulary import Competition, Concept, Vocabulary, stickers, world


def concept(key: str, parent: str = "", competes: Competition = "") -> Concept:
    return Concept(key, key, f"{key}s", f"{key}们", "只", parent=parent, competes=competes)


SMALL = Vocabulary(
    (
        concept("animal"),
        concept("dog", "animal", "alike"),
        concept("puppy", "dog"),
        concept("terrier", "dog", "kind"),
        concept("cairn", "terrier", "kind"),
        concept("yorkie", "terrier", "kind"),
        concept("husky", "dog", "kind"),
        concept("poodle", "dog", "kind"),
        concept("cat", "animal", "alike"),
        concept("wolf", "animal", "alike"),
        concept("pet", "animal"),
        concept("car"),
    )
)


def said(vocabulary: Vocabulary = SMALL, *, least: float = 0.0, **logits: float) -> list[str]:
    """What is said when these logits are planted and all others are far below."""
    values = [logits.get(each.key, -9.0) for each in vocabulary.concepts]
    chosen = most_useful(vocabulary, values, [value >= least for value in values])
    return [vocabulary.concepts[index].key for index in chosen]


def test_of_a_chain_the_most_specific_is_said() -> None:
    assert said(animal=4, dog=3, husky=1) == ["husky"]
    assert said(animal=4, dog=3, husky=-1) == ["dog"]
    assert said(animal=4, dog=-1, husky=-2) == ["animal"]
    assert said(animal=-1, dog=-1, husky=2) == ["husky"]  # what its hypernyms score does not matter
    assert said() == []


def test_when_kinds_compete_their_hypernym_is_said() -> None:
    assert said(animal=2, dog=2, husky=2.0, poodle=1.9, terrier=1.7) == ["dog"]
    assert said(animal=2, dog=2, husky=2.0, poodle=2.0 - CLEAR_MARGIN) == ["husky"]
    assert said(animal=2, dog=2, husky=2.0, poodle=-0.1) == ["husky"]  # absent kinds do not compete


def test_competition_stays_at_its_level() -> None:
    assert said(dog=2, terrier=3, cairn=2, yorkie=2, poodle=1) == ["terrier"]
    assert said(dog=2, terrier=2, cairn=2, yorkie=2, poodle=2) == ["dog"]
    assert said(dog=2, cairn=4, poodle=2) == ["cairn"]


def test_a_hypernym_that_is_not_there_by_itself_is_not_said() -> None:
    assert said(animal=2, dog=-1, husky=2.0, poodle=1.9) == ["husky"]


def test_of_things_that_are_alike_the_less_likely_are_left_out() -> None:
    assert said(animal=3, dog=2, cat=2.1, wolf=1) == ["cat", "dog"]
    assert said(animal=3, husky=4, dog=2, wolf=3) == ["husky"]


def test_names_that_do_not_exclude_each_other_are_all_said() -> None:
    assert said(animal=3, dog=2, pet=0.5) == ["dog", "pet"]
    assert said(animal=3, dog=2, puppy=1.5, husky=2) == ["husky", "puppy"]
    assert said(dog=2, puppy=1.5, husky=2, poodle=2) == ["puppy"]  # dog goes without saying
    assert said(dog=1, car=3) == ["car", "dog"]


def test_most_likely_first() -> None:
    assert said(car=1, cat=3, husky=2.5) == ["cat", "husky", "car"]


def test_without_hypernyms_all_that_is_present_is_said() -> None:
    assert said(stickers(), cat=1, dog=2, car=0.5, bus=-1) == ["dog", "cat", "car"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_name_of_the_world_is_said_beside_its_hypernym(language) -> None:
    logits = [float(index % 7) for index in range(len(world()))]
    chosen = most_useful(world(), logits, [True] * len(world()))
    concepts = [world().concepts[index] for index in chosen]
    above = {hypernym for each in concepts for hypernym in world().hypernyms(each)}
    assert above.isdisjoint(concepts)
    assert len({each.name(language) for each in concepts}) == len(concepts) > 300
    assert [logits[index] for index in chosen] == sorted((logits[index] for index in chosen), reverse=True)


def test_labradors_in_the_world() -> None:
    chain = {"animal": 3, "dog": 4, "retriever": 2, "labrador_retriever": 2.5}
    assert said(world(), **chain, golden_retriever=1) == ["labrador_retriever"]
    assert said(world(), **chain, golden_retriever=2.4) == ["retriever"]
    assert said(world(), animal=3, dog=4, beagle=1, pug=1.2, husky=0.9) == ["dog"]
    assert said(world(), person=3, man=2, doctor=2.2) == ["doctor", "man"]


def test_hypernyms_are_left_out_of_a_list() -> None:
    names = [each.key for each in SMALL.concepts]
    kept = without_hypernyms(SMALL, [names.index(key) for key in ("animal", "husky", "car", "dog", "cat")])
    assert [names[index] for index in kept] == ["husky", "car", "cat"]
