"""Colours are the words a person would use, by area."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mm_agent.vision.colours import NAMED, dominant_colours
from mm_agent.vision.vocabulary import colour_word


@pytest.mark.parametrize("colour", NAMED, ids=lambda colour: colour.en)
def test_every_named_colour_is_its_own(colour) -> None:
    (found,) = dominant_colours(Image.new("RGB", (9, 7), colour.rgb))
    assert (found.name, found.share) == (colour.en, pytest.approx(1))


@pytest.mark.parametrize(
    ("rgb", "word"),
    [
        ((20, 50, 20), "green"),
        ((70, 130, 180), "blue"),
        ((139, 69, 19), "brown"),
        ((210, 180, 140), "brown"),
        ((255, 215, 0), "yellow"),
        ((199, 21, 133), "pink"),
        ((112, 118, 124), "gray"),
        ((12, 10, 14), "black"),
        ((248, 246, 240), "white"),
        ((128, 0, 0), "red"),
    ],
)
def test_shades_keep_their_colour_s_name(rgb: tuple[int, int, int], word: str) -> None:
    assert dominant_colours(Image.new("RGB", (8, 8), rgb))[0].name == word


def test_shares_are_areas_and_small_ones_are_left_out() -> None:
    picture = Image.new("RGB", (200, 100), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 59, 99), fill=(214, 48, 49))  # 30 %
    pen.rectangle((190, 0, 199, 39), fill=(52, 112, 214))  # 2 %
    found = dominant_colours(picture)
    assert [colour.name for colour in found] == ["white", "red"]
    assert found[1].share == pytest.approx(0.3, abs=0.02)
    assert dominant_colours(picture, least=0.01)[2].name == "blue"
    assert len(dominant_colours(picture, most=1)) == 1


def test_a_motley_picture_still_gets_a_word() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    assert dominant_colours(Image.fromarray(noise), least=0.99)


def test_the_examples_look_as_they_are_called(root: Path) -> None:
    def names(file: str) -> list[str]:
        with Image.open(root / "examples" / file) as picture:
            return [colour.name for colour in dominant_colours(picture)]

    assert names("two-cats.png")[:2] == ["green", "yellow"]
    assert names("three-apples.png")[:2] == ["blue", "green"]
    assert names("four-balloons.png")[:2] == ["white", "red"]


def test_colour_words_come_in_both_languages() -> None:
    assert colour_word("black", "zh") == "黑色"
    assert colour_word("pink", "en") == "pink"
    assert colour_word("mauve", "zh") == "mauve"
