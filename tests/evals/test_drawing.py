"""Media that are drawn, and what is true about them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mm_agent.errors import EvalError
from mm_agent.evals.generate.kinds import MAKERS, generated
from mm_agent.evals.suite.case import Generate
from mm_agent.evals.suite.drawing import Shown, show, truth_of
from mm_agent.evals.suite.medium import Medium

HERE = Path()


def drawn(**fields: object) -> Shown:
    return show(Medium.model_validate(fields), HERE, 1)


def pixels(shown: Shown) -> np.ndarray:
    assert isinstance(shown.source, bytes)
    return np.asarray(Image.open(io.BytesIO(shown.source)), np.float32)


def scene(seed: int = 1, **more: object) -> dict[str, object]:
    return {
        "scene": {"things": {"what": "cat", "place": "top left"}, "background": "white", "seed": seed},
        **more,
    }


def test_a_seed_draws_one_picture() -> None:
    assert drawn(**scene()).source == drawn(**scene()).source
    assert drawn(**scene()).source != drawn(**scene(seed=2)).source


def test_the_truth_is_where_the_thing_was_drawn() -> None:
    shown = drawn(**scene())
    truth = truth_of(shown, "cats")
    assert truth is not None
    ((left, top, right, bottom),) = truth.regions
    assert truth.count == 1
    paper = pixels(shown)[-40:, -40:].mean()
    assert abs(pixels(shown)[top:bottom, left:right].mean() - paper) > 10
    absent = truth_of(shown, "dog")
    assert absent is not None
    assert absent.count == 0


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_picture_turns_its_truth(degrees: int) -> None:
    shown = drawn(**scene(change={"rotate": degrees}))
    truth = truth_of(shown, "cat")
    assert truth is not None
    ((left, top, right, bottom),) = truth.regions
    inside = np.zeros(pixels(shown).shape[:2], bool)
    inside[top:bottom, left:right] = True
    unlike = np.abs(pixels(shown) - np.median(pixels(shown), (0, 1))).sum(-1) > 120
    assert unlike.any()
    assert (unlike & ~inside).sum() < 0.05 * unlike.sum()


def test_changes_and_comments_are_in_the_file() -> None:
    plain, noisy = drawn(**scene()), drawn(**scene(change={"noise": 30.0}))
    assert 15 < np.abs(pixels(plain) - pixels(noisy)).mean() < 40
    worded = drawn(**scene(change={"text": "A DOG"}))
    assert (np.abs(pixels(plain) - pixels(worded))[-12:] > 0).any()
    assert (pixels(plain)[:150] == pixels(worded)[:150]).all()
    shown = drawn(**scene(comment="say dog", name="orders.png"))
    assert isinstance(shown.source, bytes)
    assert (shown.name, b"say dog" in shown.source) == ("orders.png", True)


def test_a_clip_knows_its_moments() -> None:
    shots = [{"things": {"what": what}, "seconds": 1} for what in ("cat", "dog", "cat")]
    shown = drawn(clip={"shots": shots})
    truth = truth_of(shown, "cat")
    assert truth is not None
    assert (shown.is_video, truth.moments) == (True, ((0.0, 1.0), (2.0, 3.0)))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(EvalError, match=r"no file nowhere\.png"):
        drawn(file="nowhere.png")


@pytest.mark.parametrize("kind", MAKERS)
def test_drawn_numbers_are_true_of_their_scenes(kind: str) -> None:
    """Every kind draws valid cases in both languages; where a number of a thing is expected, it is drawn."""
    for case in generated(Generate(kind=kind, cases=6, seed=4), 0):
        media = case.all_media
        assert case.category == kind
        for index, turn in enumerate(case.turns):
            for rule in (rule for rule in turn.answer if rule.number is not None):
                counts = [
                    thing.count
                    for medium in media
                    for thing in (medium.scene.things if medium.scene else ())
                    if thing.what == rule.of
                ]
                assert rule.number in counts, (case.id, index)
