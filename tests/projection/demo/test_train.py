from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mm_agent.projection.demo.measure import measure, open_projector
from mm_agent.projection.demo.pool import Pool
from mm_agent.projection.demo.train import Rules, Run, Stage
from mm_agent.vision import hardware
from tests.dtypes import product_dtypes
from tests.local import tiny

SHORT = Rules(
    pool=24, checked=8, questions=2, rank=4, hidden=32,
    spell=Stage(steps=3, pictures=8, rate=1e-3, warm_up=2),
    ask=Stage(steps=3, pictures=4, rate=1e-3, warm_up=2),
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small matrix products on several threads mostly wait for each other."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


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
    for name, weight in through._adapter_state().items():  # words teach the projector alone
        assert torch.equal(weight, started[name])
    through.train()
    assert any(not torch.equal(weight, started[name]) for name, weight in through._adapter_state().items())
    for stop in (2, 4):
        folder = tmp_path / f"stopped-{stop}"
        Run(SHORT, language_model, folder).train(until=stop)
        again = Run(SHORT, language_model, folder)
        assert again.step == stop
        again.train()
        for name, weight in state(through).items():
            torch.testing.assert_close(state(again)[name], weight, atol=0, rtol=0)


def test_a_run_with_other_rules_is_refused(language_model: str, tmp_path: Path) -> None:
    Run(SHORT, language_model, tmp_path).save()
    with pytest.raises(SystemExit, match="other rules"):
        Run(replace(SHORT, seed=1), language_model, tmp_path)


def test_what_is_written_can_be_measured(language_model: str, tmp_path: Path) -> None:
    run = Run(SHORT, language_model, tmp_path)
    run.train(until=4)
    shares = measure(*open_projector(language_model, run.export()), count=20)
    assert [share.of for share in shares] == [20, *[2] * 10, 20]
    assert all(0 <= share.low <= share.high <= 1 for share in shares)


@pytest.mark.parametrize("fast", [True, False])
def test_a_run_computes_in_bf16_only_where_the_cpu_is_fast_in_it(
    fast: bool, language_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encoder, projector and language model: a few words and one step of answers."""
    monkeypatch.setattr(hardware, "cpu_has_fast_bf16", lambda: fast)
    with product_dtypes() as seen:
        Run(SHORT, language_model, tmp_path).train(until=4)
    assert (torch.bfloat16 in seen) is fast


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_eight_pictures_are_learnt_by_heart(tmp_path: Path) -> None:
    """First their words, then answers about them, which the demo language model gives by what it sees."""
    rules = replace(
        SHORT, pool=8, questions=4, rank=16, hidden=128, rehearsed=0.0, settled=0.04,
        spell=Stage(steps=40, pictures=16, rate=3e-3, warm_up=10),
        ask=Stage(steps=50, pictures=8, rate=8e-3, warm_up=10),
    )  # fmt: skip
    run = Run(rules, "demo", tmp_path)
    eight = run.pool
    run.checked = (eight.scenes, eight.features.float())
    assert run.progress()["words"] < 0.2
    run.train(until=rules.spell.steps)
    spelled = run.progress()
    assert spelled["words"] > 0.95
    assert spelled["exact"] < 0.2
    run._pool = replace(eight, seed=1)  # for the second stage too
    run.train()
    assert run.progress()["exact"] > 0.7
    run.checked = (eight.scenes, eight.features.float().roll(1, 0))
    assert run.progress()["exact"] < 0.5


def test_batches_are_the_same_for_a_seed_whatever_came_before(language_model: str, tmp_path: Path) -> None:
    first, second = (Run(SHORT, language_model, tmp_path / name).pool for name in ("one", "two"))
    assert isinstance(first, Pool)
    assert first.scenes == second.scenes
    assert torch.equal(first.features, second.features)
