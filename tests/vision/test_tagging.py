"""Labels best first, each on its own or against the others, and none of these when none fits."""

from __future__ import annotations

import pytest
from PIL import Image

from mm_agent.errors import VisionError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.tagging import classify
from tests.vision.planted import PlantedEncoder, planted

PICTURE = Image.new("RGB", (8, 8))
FITS = {"a photo of cat": 0.9, "a photo of dog": 0.7}


def test_labels_stand_on_their_own() -> None:
    best, second, third = classify(planted(FITS), PICTURE, ["car", "dog", "cat"])
    assert [best.label, second.label, third.label] == ["cat", "dog", "car"]
    assert best.score > 0.99
    assert second.score > 0.9  # not lowered by the cat
    assert (best.present, second.present, third.present) == (True, True, False)


def test_exclusive_labels_share_one() -> None:
    answer = classify(planted(FITS), PICTURE, ["car", "dog", "cat"], exclusive=True)
    assert sum(one.score for one in answer) == pytest.approx(1)
    assert answer[0].label == "cat"
    assert answer[1].present  # presence is still asked of each label alone


def test_exclusive_labels_may_all_be_absent() -> None:
    answer = classify(planted({}), PICTURE, ["car", "boat"], exclusive=True)
    assert [one.score for one in answer] == pytest.approx([0.5, 0.5])
    assert not any(one.present for one in answer)


def test_without_labels_the_vocabulary_answers_in_both_languages() -> None:
    assert [one.label for one in classify(planted(FITS), PICTURE, top_k=2)] == ["cat", "dog"]
    encoder = planted({"猫的照片": 0.9})
    assert classify(encoder, PICTURE, language="zh")[0].label == "猫"
    assert isinstance(encoder, PlantedEncoder)
    assert len(encoder.seen) == len(encoder.vocabulary) > 1000


def test_of_a_chain_only_the_most_useful_tag_is_listed() -> None:
    chain = {
        "animal": 0.9,
        "dog": 0.85,
        "retriever": 0.8,
        "Labrador retriever": 0.76,
        "golden retriever": 0.6,
    }
    tags = classify(planted({f"a photo of {name}": fit for name, fit in chain.items()}), PICTURE)
    assert [tag.label for tag in tags if tag.present] == ["Labrador retriever"]
    assert tags[0].score == pytest.approx(0.9945, abs=1e-3)  # its own, not that of animal
    assert not {"animal", "dog", "retriever"} & {tag.label for tag in tags}
    assert len(tags) == 5


def test_breeds_about_as_likely_give_their_hypernym_with_its_own_score() -> None:
    encoder = planted({"狗的照片": 0.75, "哈士奇的照片": 0.8, "柴犬的照片": 0.79, "动物的照片": 0.9})
    best, *others = classify(encoder, PICTURE, language="zh")
    assert (best.label, best.present) == ("狗", True)
    assert best.score == pytest.approx(0.9933, abs=1e-3)
    assert not {"哈士奇", "柴犬", "动物"} & {tag.label for tag in others}


def test_close_guesses_are_not_chains_either() -> None:
    encoder = planted({"a photo of dog": 0.6, "a photo of animal": 0.55, "a photo of car": 0.5})
    first, second, *_ = classify(encoder, PICTURE)
    assert (first.label, second.label) == ("dog", "car")
    assert not first.present


def test_a_tag_nobody_asked_for_needs_a_higher_score() -> None:
    cat, dog = classify(planted(FITS), PICTURE, top_k=2)
    assert (cat.present, dog.present) == (True, False)  # 0.9997 and 0.98
    assert all(one.present for one in classify(planted(FITS), PICTURE, ["cat", "dog"]))


def test_given_labels_pick_templates_by_their_script() -> None:
    assert classify(planted({"猫的照片": 0.9}), PICTURE, ["狗", "猫"], language="en")[0].label == "猫"


def test_repeated_labels_count_once_and_top_k_cuts() -> None:
    assert len(classify(planted({}), PICTURE, ["cat", "cat", "dog"])) == 2
    assert len(classify(planted({}), PICTURE, top_k=3)) == 3


@pytest.mark.parametrize(
    ("labels", "top_k", "message"), [([], 5, "labels must"), ([" "], 5, "labels must"), (["a"], 0, "top_k")]
)
def test_bad_arguments_are_refused(labels: list[str], top_k: int, message: str) -> None:
    with pytest.raises(VisionError, match=message):
        classify(planted({}), PICTURE, labels, top_k=top_k)


def test_real_encoders_answer(
    encoder: SiglipEncoder, clip_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    assert len(classify(encoder, pictures[0], ["cat", "dog"])) == 2
    answer = classify(clip_encoder, pictures[0], ["cat", "dog"])
    assert sum(one.score for one in answer) == pytest.approx(1, abs=1e-5)
