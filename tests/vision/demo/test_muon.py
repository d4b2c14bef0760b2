"""Muon gives the weights of torch's own, in float32 where bfloat16 is slow."""

from __future__ import annotations

import pytest
import torch

from mm_agent.vision import hardware
from mm_agent.vision.demo.muon import Muon, orthogonalise
from tests.dtypes import product_dtypes

SHAPES = ((6, 6), (4, 12), (12, 4))


def trained(optimizer: type[torch.optim.Optimizer], **options: object) -> list[torch.Tensor]:
    """Matrices after three steps."""
    dice = torch.Generator().manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(shape, generator=dice)) for shape in SHAPES]
    muon = optimizer([{"params": weights}], lr=0.05, weight_decay=0.1, **options)  # pyright: ignore
    for _ in range(3):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=dice)
        muon.step()
    return [weight.detach() for weight in weights]


@pytest.mark.parametrize("fast", [True, False])
def test_steps_are_those_of_torch(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "cpu_has_fast_bf16", lambda: fast)
    with product_dtypes() as seen:
        ours = trained(Muon)
    assert seen == {torch.bfloat16 if fast else torch.float32}
    theirs = trained(torch.optim.Muon, adjust_lr_fn="match_rms_adamw")
    for weight, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(weight, expected, rtol=0, atol=0 if fast else 2e-3)


def test_momentum_of_a_checkpoint_is_read_by_both() -> None:
    weight = torch.nn.Parameter(torch.eye(3))
    weight.grad = torch.ones(3, 3)
    ours = Muon([{"params": [weight]}], lr=0.1, weight_decay=0.0)
    ours.step()
    theirs = torch.optim.Muon([weight], lr=0.1)
    theirs.load_state_dict(ours.state_dict())
    assert torch.equal(theirs.state[weight]["momentum_buffer"], ours.state[weight]["momentum_buffer"])


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_values_end_near_one(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonalise(matrix, (3.4445, -4.775, 2.0315), steps=5, eps=1e-7))
    assert values.min() > 0.5
    assert values.max() < 1.5
