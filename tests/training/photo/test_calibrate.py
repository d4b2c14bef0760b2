"""Planted logits are calibrated back, and thresholds stand where they were planted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mm_agent.errors import FinetuneError
from mm_agent.vision.families.photo_model import PhotoModel
from tests.training.photo.builders import concept, image_set, names
from training.photo.calibrate import (
    _PRIOR_SHARE,
    Answers,
    Calibration,
    HeldOut,
    balanced,
    fit_platt,
    plausible,
    presence_thresholds,
    tag_threshold,
)
from training.photo.config import ModelConfig
from training.photo.learner import new_model

TINY = ModelConfig(
    hidden_size=64, heads=1, text_size=64, text_layers=0, token_embedding_size=8, vocabulary=10
)


def planted(scale: float, bias: float, *, rows: int = 4000) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-odds distorted by a scale and a bias, with truth drawn from the real ones: (rows, 2) each."""
    generator = torch.Generator().manual_seed(0)
    odds = 3 * torch.randn(rows, 2, generator=generator)
    truth = (torch.rand(rows, 2, generator=generator) < odds.sigmoid()).to(torch.int8)
    return (odds - bias) / scale, truth


def test_scale_and_bias_are_found_again() -> None:
    logits, truth = planted(2.5, -4.0)
    scale, bias = fit_platt(logits, truth, torch.ones_like(logits))
    assert scale == pytest.approx(2.5, rel=0.08)
    assert bias == pytest.approx(-4.0, abs=0.3)


def test_unknown_pairs_do_not_count() -> None:
    logits, truth = planted(2.5, -4.0)
    truth[::2], logits[::2] = -1, 100.0
    scale, _ = fit_platt(logits, truth, balanced(truth))
    assert scale == pytest.approx(2.5, rel=0.1)


def test_every_name_counts_alike_and_its_yes_as_much_as_its_no() -> None:
    truth = torch.tensor([[1, 1], [0, 1], [0, 0], [0, -1]], dtype=torch.int8)
    weights = balanced(truth)
    assert weights[:, 0].tolist() == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3])
    assert weights[:, 1].tolist() == pytest.approx([0.5, 0.5, 1, 0])


def test_questions_are_half_about_absent_things_that_are_frequent_or_alike() -> None:
    # name 1 scores like name 0, name 2 like neither; name 3 is on half of the images
    logits = torch.tensor(
        [[3.0, 2.0, 0.0, 1.0], [-3.0, -2.0, 1.0, 1.0], [1.0, 1.0, 1.0, -1.0], [-1.0, -1.0, 0.0, -1.0]]
    )
    truth = torch.tensor([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, -1, 0, 0]], dtype=torch.int8)
    weights = plausible(Answers(logits, truth, np.arange(4)))
    assert weights[0].tolist() == pytest.approx(
        [1, 0.5, 0, 0.5]
    )  # name 1 is most alike, name 3 most frequent
    assert weights[3].tolist() == pytest.approx([0, 0, 0, 0])  # nothing is there: nobody asks
    assert (weights * (truth == 1)).sum() == pytest.approx(float((weights * (truth == 0)).sum()))


def test_the_presence_threshold_divides_best() -> None:
    probabilities = torch.tensor([[0.1], [0.2], [0.45], [0.3], [0.6], [0.9]])
    truth = torch.tensor([[0], [0], [0], [1], [1], [1]], dtype=torch.int8)
    assert 0.2 < presence_thresholds(probabilities, truth, balanced(truth))[0] <= 0.6


def test_below_the_absence_threshold_three_of_four_answers_are_no() -> None:
    probabilities = torch.linspace(0, 1, 10_001)[:, None]
    chance = torch.rand(10_001, 1, generator=torch.Generator().manual_seed(0))
    truth = (chance < probabilities).to(torch.int8)
    presence, absence = presence_thresholds(probabilities, truth, balanced(truth))
    assert presence == pytest.approx(0.5, abs=0.04)
    assert absence == pytest.approx(0.25, abs=0.04)


def test_six_of_seven_tags_are_right_from_their_threshold_on() -> None:
    probabilities = torch.linspace(0.5, 0.9, 41)[:, None]
    truth = (probabilities >= 0.7).to(torch.int8)  # 21 right ones; 3 wrong ones below may be let through
    found = tag_threshold(probabilities, truth)
    assert found == pytest.approx(0.67, abs=0.011)
    assert tag_threshold(torch.full((5, 1), 0.99), torch.zeros(5, 1)) == pytest.approx(0.95)
    assert tag_threshold(probabilities, -torch.ones(41, 1)) == 0.5, "nothing is known to be wrong"


def test_a_fit_moves_the_model_s_scores_and_the_tags_with_them() -> None:
    known = names(concept("dog", "狗狗"), concept("cat", "猫咪"))
    logits, truth = planted(2.0, -3.0)
    answers = Answers(logits, truth, np.array([0, 1]))
    priors = np.array([0.5, -0.5], np.float32)
    found = Calibration.fit(answers, known, priors)
    assert 0 < found.absence <= found.presence < 1
    model: PhotoModel = new_model(TINY)
    cosines = torch.linspace(-1, 1, 5)
    before = cosines * model.logit_scale.exp() + model.logit_bias
    found.apply(model)
    shipped = cosines * model.logit_scale.exp() + model.logit_bias
    torch.testing.assert_close(shipped, before * found.scale + found.bias)
    # A tag's log-odds from the shipped logit are those that were fitted to raw logit and prior.
    adjusted = logits + _PRIOR_SHARE * torch.from_numpy(priors)
    scale, bias = fit_platt(adjusted, truth, torch.ones_like(adjusted))
    added = torch.tensor([found.tag_priors.log_odds[key] for key in ("dog", "cat")])
    tags = found.tag_priors.scale * (logits * found.scale + found.bias) + added
    torch.testing.assert_close(tags, adjusted * scale + bias, rtol=0.01, atol=0.02)
    assert found.tag_priors.unknown == found.tag_priors.log_odds["cat"]


def test_photographs_to_calibrate_on_are_needed() -> None:
    known = names(concept("dog", "狗狗"))
    val = {"captions": ("a dog",), "split": "val"}
    held_out = HeldOut.of(
        [image_set(val, val, {"captions": ("a dog",)}, val), image_set(name="empty")], known
    )
    assert held_out.numbers["toy"].tolist() == [0, 1, 3]
    assert held_out.truth.tolist() == [[1], [1], [1]]
    with pytest.raises(FinetuneError, match=r"among 2 of them no name is on 3; mark more lines so"):
        HeldOut.of([image_set(val, val)], known)
