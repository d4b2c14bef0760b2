"""A thing is there when its own label says so or that of a kind of it; many pictures at once, or each."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from mm_agent.vision import SiglipEncoder
from mm_agent.vision.presence import own_presence, presence, presence_logits, seen_as
from tests.vision.planted import planted

PICTURE = Image.new("RGB", (8, 8))


@pytest.mark.parametrize(("noun", "language"), [("cats", "en"), ("猫", "zh"), ("old town hall", "en")])
@pytest.mark.parametrize("family", ["encoder", "clip_encoder"])
def test_presence_from_vectors_is_presence_of_the_pictures(
    family: str, noun: str, language: str, request: pytest.FixtureRequest, pictures: list[Image.Image]
) -> None:
    encoder: SiglipEncoder = request.getfixturevalue(family)
    each = [own_presence(encoder, picture, noun, language=language) for picture in pictures]  # pyright: ignore[reportArgumentType]
    logits = presence_logits(encoder, encoder.embed_images(pictures), noun, language=language)  # pyright: ignore[reportArgumentType]
    assert torch.sigmoid(logits).tolist() == pytest.approx(each, rel=1e-3, abs=1e-6)


def test_a_thing_is_there_by_its_own_label() -> None:
    found = presence(planted({"a photo of dog": 0.9, "a photo of pug": 0.95}), PICTURE, "dogs")
    assert (found.label, found.is_kind) == ("dog", False)
    assert found.score == pytest.approx(0.9997, abs=1e-3)


def test_a_thing_is_there_when_a_kind_of_it_is() -> None:
    there = presence(planted({"a photo of dog": 0.9}), PICTURE, "animal")
    assert (there.label, there.is_kind) == ("dog", True)
    assert there.score == pytest.approx(0.9997, abs=1e-3)  # the dog's
    chinese = presence(planted({"哈士奇的照片": 0.9}), PICTURE, "动物", language="zh")
    assert (chinese.label, chinese.is_kind) == ("哈士奇", True)


def test_a_kind_nobody_asked_for_needs_the_tag_threshold() -> None:
    encoder = planted({"a photo of dog": 0.6})
    assert float(torch.tensor(2.0).sigmoid()) > encoder.presence_threshold
    there = presence(encoder, PICTURE, "animal")
    assert (there.label, there.is_kind) == ("animal", False)
    assert there.score < 0.01
    assert presence(encoder, PICTURE, "dog").score > encoder.presence_threshold


def test_a_hypernym_does_not_say_that_a_kind_is_there() -> None:
    found = presence(planted({"a photo of dog": 0.9, "a photo of animal": 0.9}), PICTURE, "pug")
    assert found.label == "pug"
    assert found.score < 0.01


def test_words_outside_the_vocabulary_stand_for_themselves() -> None:
    assert presence(planted({"a photo of zeppelin": 0.9}), PICTURE, "zeppelin").label == "zeppelin"


def test_softmax_families_have_no_kinds() -> None:
    encoder = planted({"a photo of animal": 0.5, "a photo of dog": 0.9}, score_mode="softmax")
    found = presence(encoder, PICTURE, "animal")
    assert not found.is_kind
    assert found.score == pytest.approx(1, abs=0.1)  # the dog is no rival of the animal


@pytest.mark.parametrize(
    ("noun", "label", "name"),
    [
        ("cats", "cat", None),
        ("猫", "cat", None),
        ("couch", "sofa", None),
        ("glasses", "pair of glasses", None),
        ("zeppelin", "zeppelin", None),
        ("animal", "dog", "dog"),
        ("kitten", "cat", "cat"),
        ("clock", "alarm clock", "alarm clock"),
    ],
)
def test_another_name_is_told_from_another_form(noun: str, label: str, name: str | None) -> None:
    assert seen_as(noun, label) == name
