"""Parts of a patch grid: what hangs together, where its peaks are, and which pixels it covers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.media.handles import Box

# Peaks lie at least this part of the picture's shorter side apart.
_APART = 8


def connected_parts(mask: Tensor) -> list[Tensor]:
    """The parts of a boolean grid (rows, cols) that hang together by their sides, each as its own mask."""
    left = {(row, col) for row, col in mask.nonzero().tolist()}
    parts: list[Tensor] = []
    while left:
        frontier = [min(left)]
        left.discard(frontier[0])
        part = torch.zeros_like(mask)
        while frontier:
            row, col = frontier.pop()
            part[row, col] = True
            near = {(row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)} & left
            frontier += near
            left -= near
        parts.append(part)
    return parts


def peak_parts(heat: Tensor, least: float) -> list[Tensor]:
    """The separate peaks of a map (rows, cols) that reach `least`, each as a mask."""
    reach = max(1, round(min(heat.shape) / _APART))
    around = F.max_pool2d(heat[None, None], 2 * reach + 1, stride=1, padding=reach)[0, 0]
    return connected_parts((heat == around) & (heat >= least))


def split_at_peaks(mask: Tensor, peaks: list[Tensor]) -> list[Tensor]:
    """A part cut up between the peaks that lie in it: each patch goes to the nearest one.

    >>> split_at_peaks(torch.ones(1, 5).bool(), [torch.eye(5)[:1].bool(), torch.eye(5)[3:4].bool()])
    [tensor([[ True,  True, False, False, False]]), tensor([[False, False,  True,  True,  True]])]
    """
    inside = [peak & mask for peak in peaks if (peak & mask).any()]
    if len(inside) < 2:
        return [mask]
    nearest = torch.stack([_distance(peak) for peak in inside]).argmin(0)  # (rows, cols)
    return [mask & (nearest == number) for number in range(len(inside))]


def _distance(peak: Tensor) -> Tensor:
    """How far each patch is from a mask, in king's moves. # (rows, cols)"""
    rows, cols = peak.shape
    grid = torch.cartesian_prod(torch.arange(rows), torch.arange(cols)).float()  # (rows · cols, 2)
    to_all = (grid[:, None] - peak.nonzero()[None].float()).abs().amax(-1)
    return to_all.amin(1).reshape(rows, cols)


def patches_box(mask: Tensor, size: tuple[int, int]) -> Box:
    """The pixels of a picture of `size` (width, height) that the mask's patches cover."""
    rows, cols = mask.shape
    down = mask.any(1).nonzero().flatten()
    across = mask.any(0).nonzero().flatten()
    width, height = size
    return Box(
        left=round(int(across[0]) * width / cols),
        top=round(int(down[0]) * height / rows),
        right=max(round((int(across[-1]) + 1) * width / cols), round(int(across[0]) * width / cols) + 1),
        bottom=max(round((int(down[-1]) + 1) * height / rows), round(int(down[0]) * height / rows) + 1),
    )
