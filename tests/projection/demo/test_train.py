from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mm_agent.projection.demo.batches import SceneBatch
from mm_agent.projection.demo.measure import measure, open_projector
from mm_agent.projection.demo.train import Rules, Run
from tests.local import tiny

SHORT = Rules(steps=6, pictures=4, questions=2, warm_up=2, rank=4, caption_share=0.5)


@pytest.fixture(scope="module")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Qwen3 of random weights."""
    return tiny.make_model(tmp_path_factory.mktemp("words") / "tiny", std=0.05)


def state(run: Run) -> dict[str, torch.Tensor]:
    return {**run.projector.state_dict(), **run._adapter_state()}


def test_a_stopped_run_ends_with_the_same_weights(language_model: str, tmp_path: Path) -> None:
    through = Run(SHORT, language_model, tmp_path / "through")
    started = {name: weight.clone() for name, weight in state(through).items()}
    through.train(until=3)
    for name, weight in through._adapter_state().items():  # captions teach the projector alone
        assert torch.equal(weight, started[name])
    through.train()
    assert any(not torch.equal(weight, started[name]) for name, weight in through._adapter_state().items())
    stopped = Run(SHORT, language_model, tmp_path / "stopped")
    stopped.train(until=4)
    again = Run(SHORT, language_model, tmp_path / "stopped")
    assert again.step == 4
    again.train()
    for name, weight in state(through).items():
        torch.testing.assert_close(state(again)[name], weight, atol=0, rtol=0)


def test_what_is_written_can_be_measured(language_model: str, tmp_path: Path) -> None:
    run = Run(SHORT, language_model, tmp_path)
    run.train(until=1)
    shares = measure(*open_projector(language_model, run.export()), count=20)
    assert [share.of for share in shares] == [20, *[2] * 10, 20]
    assert all(0 <= share.low <= share.high <= 1 for share in shares)


def test_batches_are_the_same_for_a_seed_whatever_came_before(language_model: str, tmp_path: Path) -> None:
    run = Run(SHORT, language_model, tmp_path)
    assert run.stream[0].questions
    once, again = run.stream[5], Run(SHORT, language_model, tmp_path / "other").stream[5]
    assert once.questions == again.questions
    assert [picture.tobytes() for picture in once.pictures] == [p.tobytes() for p in again.pictures]
    assert once.questions != run.stream[6].questions


@pytest.mark.slow
def test_a_small_set_is_learnt_by_heart(language_model: str, tmp_path: Path) -> None:
    """Eight pictures again and again: from nothing right to nearly all, by what is seen alone."""
    rules = Rules(steps=150, pictures=8, questions=4, warm_up=10, rank=8, caption_share=0.0, rate=5e-3)
    run = Run(rules, language_model, tmp_path)
    batch = run.stream[0]
    run.stream = [batch] * 1000  # pyright: ignore[reportAttributeAccessIssue]
    run.checked = seen = run._look(batch)
    before = run.exact()
    run.train()
    assert before < 0.2
    assert run.exact() > 0.9
    run.checked = SceneBatch(seen.features.roll(1, 0), seen.questions)
    assert run.exact() < 0.6
