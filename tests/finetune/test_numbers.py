"""Metrics, thresholds and calibration against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, f1_score

from mm_agent.finetune.calibration import calibrate, calibration_error, tune_thresholds
from mm_agent.finetune.linear import LinearHead, fit_probe, zero_shot_head
from mm_agent.finetune.metrics import average_precision, measure


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    truth = (rng.random((300, 4)) < 0.3).astype(np.int64)
    scores = np.clip(truth * 0.3 + rng.random((300, 4)) * 0.7, 0, 1).round(2)  # with ties
    return scores, truth


def test_average_precision_is_scikit_learn_s(scored: tuple[np.ndarray, np.ndarray]) -> None:
    scores, truth = scored
    for column in range(4):
        expected = average_precision_score(truth[:, column], scores[:, column])
        assert average_precision(scores[:, column], truth[:, column]) == pytest.approx(expected)


def test_the_report_s_f1_is_scikit_learn_s(scored: tuple[np.ndarray, np.ndarray]) -> None:
    scores, truth = scored
    thresholds = [0.3, 0.4, 0.5, 0.6]
    found = measure(scores, truth, thresholds, ["a", "b", "c", "d"], exclusive=False)
    said = (scores >= thresholds).astype(int)
    assert found["micro_f1"] == pytest.approx(f1_score(truth, said, average="micro"))
    assert found["macro_f1"] == pytest.approx(f1_score(truth, said, average="macro"))
    assert np.diag(found["confusion"]).tolist() == (truth & said).sum(0).tolist()


def test_exclusive_labels_are_said_once(scored: tuple[np.ndarray, np.ndarray]) -> None:
    scores, _ = scored
    truth = np.eye(4, dtype=np.int64)[np.arange(300) % 4]
    found = measure(scores, truth, [0.9] * 4, ["a", "b", "c", "d"], exclusive=True)
    assert np.sum(found["confusion"]) == 300


def test_a_threshold_is_the_best_one(scored: tuple[np.ndarray, np.ndarray]) -> None:
    scores, truth = scored
    (cut,) = tune_thresholds(scores[:, :1], truth[:, :1])
    best = max(f1_score(truth[:, 0], scores[:, 0] >= at) for at in np.unique(scores[:, 0]))
    assert f1_score(truth[:, 0], scores[:, 0] >= cut) == pytest.approx(best)
    assert tune_thresholds(scores[:, :1], np.zeros((300, 1), dtype=int)) == [0.5]


@pytest.mark.parametrize("exclusive", [False, True])
def test_calibration_mends_logits_that_are_too_sure(exclusive: bool) -> None:
    torch.manual_seed(0)
    honest = torch.randn(4000, 3)
    if exclusive:
        truth = torch.nn.functional.one_hot(torch.multinomial(honest.softmax(-1), 1)[:, 0], 3)
    else:
        truth = torch.bernoulli(honest.sigmoid()).long()
    found = calibrate(honest * 5, truth, exclusive=exclusive)
    assert found.slopes[0] == pytest.approx(0.2, abs=0.03)
    scaled = honest * 5 * torch.tensor(found.slopes) + torch.tensor(found.shifts)
    before, after = honest * 5, scaled
    curve = (lambda x: x.softmax(-1)) if exclusive else torch.sigmoid
    assert calibration_error(curve(after).numpy(), truth.numpy()) < 0.02
    assert calibration_error(curve(before).numpy(), truth.numpy()) > 0.1


def test_a_zero_shot_head_gives_the_logits_it_was_made_of() -> None:
    torch.manual_seed(0)
    features, true = torch.randn(500, 12) * 3 + 1, LinearHead(torch.randn(3, 12), torch.randn(3))
    found = zero_shot_head(features, true(features))
    assert (found(features) - true(features)).norm() < 0.03 * true(features).norm()


def test_a_probe_starts_where_the_texts_are_and_learns_the_rest() -> None:
    torch.manual_seed(0)
    true = LinearHead(torch.randn(3, 12), torch.zeros(3))
    features = torch.randn(40, 12)
    targets = (true(features) > 0).long()
    held = torch.randn(400, 12)
    truth = (true(held) > 0).long()
    near = LinearHead(true.weight + 0.3 * torch.randn(3, 12), torch.zeros(3))
    nothing = LinearHead(torch.zeros(3, 12), torch.zeros(3))

    def right(start: LinearHead) -> float:
        probe = fit_probe(features, targets, start, exclusive=False, validation=(held, truth))
        return float(((probe.head(held) > 0) == (truth > 0)).float().mean())

    assert right(near) > right(nothing) > 0.8
