from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mm_agent.projection.demo.batches import SCENES, fresh_questions
from mm_agent.projection.demo.questions import KINDS, LANGUAGES, WORDINGS, Kind, ask, ask_fresh, describe
from mm_agent.vision.demo.captions import PLACES_EN, PLACES_ZH
from mm_agent.vision.demo.scenes import Scene, arrange
from mm_agent.vision.vocabulary import COLOURS, Language, concepts

NAMES = {one.en: index for index, one in enumerate(concepts())}


def scene_of(groups: list[tuple[str, int]], seed: int = 0) -> Scene:
    return arrange([(NAMES[name], count) for name, count in groups], np.random.default_rng(seed), colour=4)


def answers(scene: Scene, kind: Kind, language: Language) -> dict[str, str]:
    found = [ask(scene, kind, language, np.random.default_rng(seed)) for seed in range(200)]
    return {question.text: question.answer for question in found if question}


def test_counts_are_those_of_the_scene() -> None:
    scene = scene_of([("cat", 2), ("dog", 3)])
    for text, answer in answers(scene, "how_many", "en").items():
        assert answer == {"cats": "2", "dogs": "3"}[next(w for w in ("cats", "dogs") if w in text)]
    for text, answer in answers(scene, "how_many", "zh").items():
        assert answer == {"猫": "2", "狗": "3"}[next(w for w in "猫狗" if w in text)]
    assert any("有几只猫" in text for text in answers(scene, "how_many", "zh"))


def test_what_has_one_answer_or_is_not_asked() -> None:
    assert set(answers(scene_of([("cat", 3)]), "what", "en").values()) == {"cat"}
    assert set(answers(scene_of([("cat", 3)]), "what", "zh").values()) == {"猫"}
    assert answers(scene_of([("cat", 1), ("dog", 1)]), "what", "en") == {}


def test_the_background_has_its_colours_name() -> None:
    scene = scene_of([("cat", 1)])
    assert set(answers(scene, "colour", "en").values()) == {COLOURS[4].en}
    assert set(answers(scene, "colour", "zh").values()) == {COLOURS[4].zh}


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_are_asked_of_single_things_clear_of_borders(language: Language) -> None:
    assert answers(scene_of([("cat", 2)]), "where", language) == {}
    names = PLACES_ZH if language == "zh" else PLACES_EN
    asked = 0
    for seed in range(40):
        scene = scene_of([("cat", 1)], seed)
        (thing,) = scene.things
        found = set(answers(scene, "where", language).values())
        near = min(abs(value - border) for value in (thing.x, thing.y) for border in (1 / 3, 2 / 3))
        assert found == ({names[thing.place]} if near >= 0.04 else set())
        asked += bool(found)
    assert 15 < asked < 40


@pytest.mark.parametrize(("language", "yes", "no"), [("en", "yes", "no"), ("zh", "有", "没有")])
def test_presence_is_asked_of_things_there_and_not_there(language: Language, yes: str, no: str) -> None:
    scene = scene_of([("cat", 1)])
    found = answers(scene, "is_there", language)
    assert set(found.values()) == {yes, no}
    cat = "cat" if language == "en" else "猫"
    about_cats = {wording.format(x=cat) for wording in WORDINGS[language]["is_there"]}
    for text, answer in found.items():
        assert (answer == yes) == (text in about_cats)


def test_a_caption_says_all_there_is_from_left_to_right() -> None:
    scene = scene_of([("cat", 2), ("dog", 1)])
    left = min(scene.things, key=lambda thing: thing.x)
    parts = ["2 cats", "1 dog"] if concepts()[left.concept].en == "cat" else ["1 dog", "2 cats"]
    rng = np.random.default_rng(0)
    assert describe(scene, "en", rng).answer == f"{' and '.join(parts)} on {COLOURS[4].en}"
    assert describe(scene, "zh", rng).answer.startswith(f"{COLOURS[4].zh}背景，")


def test_fresh_questions_are_balanced_and_the_same_for_a_seed() -> None:
    scenes, questions = fresh_questions(100, 5)
    assert set(Counter((one.kind, one.language) for one in questions).values()) == {10}
    assert fresh_questions(100, 5) == (scenes, questions)
    assert fresh_questions(100, 6)[0] != scenes
    assert all("{" not in one.text + one.answer for one in questions)


def test_guessing_alone_gets_nowhere_near() -> None:
    """The most frequent answer of each kind and language, known beforehand, is right in under 40 %."""
    rng = np.random.default_rng(0)
    best = 0.0
    for kind in KINDS:
        for language in LANGUAGES:
            found = Counter(ask_fresh(kind, language, rng, SCENES)[1].answer for _ in range(150))
            best += found.most_common(1)[0][1] / 150
    assert best / (len(KINDS) * len(LANGUAGES)) < 0.4
