"""Where two pictures look like nothing in each other, patch by patch.

Each patch is compared with its best match anywhere in the other picture, so a thing that only moved is no
difference. On 100 pairs of drawn scenes a thing that was added stood out in 90 % (the most unlike patch lay
on it in 98 %), one that only moved and a new background colour in none, and a view shifted by a part of a
patch in 18 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from mm_agent.media.handles import Box
from mm_agent.vision.parts import connected_parts, patches_box

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder

STANDS_OUT = 0.5
"""How unlike its best match a patch must be to count as a difference."""
_MOST_UNLIKE = 0.99  # the quantile of all pairs of patches that is called 1
_LEAST_SPREAD = 0.1  # of a cosine: two blank pictures have no differences to speak of


@dataclass(frozen=True)
class Difference:
    """One place without a match: its box in pixels, and how unlike its most unlike patch is."""

    box: Box
    strength: float


def difference_maps(encoder: SiglipEncoder, first: Image.Image, second: Image.Image) -> tuple[Tensor, Tensor]:
    """How unlike its best match in the other picture each patch is, for both pictures on one scale.

    Returns:
        (rows, cols) of each picture, 0 or more. 0: a perfect match; 1: as unlike as the most unlike patches
        of the two pictures are, so that encoders with features of any spread can be read alike.
    """
    one, two = encoder.patch_grids([first, second])  # (rows, cols, hidden) each
    units = [F.normalize(grid.flatten(0, 1), dim=-1) for grid in (one, two)]
    unlike = 1 - units[0] @ units[1].T  # (N, M)
    patches = torch.cat(units)
    every = (1 - patches @ patches.T).flatten()
    spread = every.kthvalue(max(1, int(_MOST_UNLIKE * len(every)))).values.clamp(min=_LEAST_SPREAD)
    ours, theirs = (unlike.amin(dim=axis).clamp(min=0) / spread for axis in (1, 0))
    return ours.unflatten(0, one.shape[:2]), theirs.unflatten(0, two.shape[:2])


def differences(heat: Tensor, size: tuple[int, int], *, most: int = 3) -> list[Difference]:
    """The places of a difference map that stand out, most unlike first.

    Args:
        heat: from `difference_maps`.
        size: (width, height) of the picture in pixels.
        most: how many places at most.
    """
    masks = connected_parts(heat >= STANDS_OUT)
    found = [Difference(patches_box(mask, size), float(heat[mask].max())) for mask in masks]
    return sorted(found, key=lambda place: -place.strength)[:most]
