"""Muon for the demos' training.

``torch.optim.Muon`` orthogonalises in bfloat16 on every device, and a CPU without bfloat16 hardware then
spends most of the training there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from mm_agent.vision.hardware import has_fast_bf16


class Muon(torch.optim.Muon):
    """``torch.optim.Muon`` with the learning rate of AdamW; in float32 where bfloat16 is slow.

    Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; rates as in arXiv 2502.16982.

    Args:
        params: groups of matrices, all on one device.
        lr: learning rate.
        weight_decay: decoupled, as AdamW's.
    """

    def __init__(self, params: Iterable[dict[str, Any]], *, lr: float, weight_decay: float) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step."""
        if has_fast_bf16(self.param_groups[0]["params"][0].device):
            return super().step(closure)
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, group)
        return loss

    def _move(self, weight: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        mean = state["momentum_buffer"].lerp_(weight.grad, 1 - group["momentum"])
        update = weight.grad.lerp(mean, group["momentum"])  # pyright: ignore[reportOptionalMemberAccess]
        update = orthogonalise(update, group["ns_coefficients"], steps=group["ns_steps"], eps=group["eps"])
        rate = group["lr"] * 0.2 * max(weight.shape) ** 0.5
        weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-rate)


def orthogonalise(
    matrix: Tensor, coefficients: tuple[float, float, float], *, steps: int, eps: float
) -> Tensor:
    """Bring all singular values near 1 by a Newton-Schulz iteration, in the matrix's dtype.

    Args:
        matrix: (M, N).
        coefficients: of x, x³ and x⁵.
        steps: of the iteration.
        eps: the least norm it is divided by.
    """
    a, b, c = coefficients
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if matrix.shape[0] > matrix.shape[1] else x
