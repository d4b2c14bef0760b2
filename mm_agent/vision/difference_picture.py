"""Two pictures side by side, each under its difference map with the places that stand out framed."""

from __future__ import annotations

from PIL import Image
from torch import Tensor

from mm_agent.vision.differences import differences
from mm_agent.vision.overlay import draw_boxes, draw_heatmap, side_by_side

_SPAN = (0.0, 1.0)  # one scale for both, so that two almost equal pictures look it


def draw_differences(
    first: Image.Image,
    second: Image.Image,
    maps: tuple[Tensor, Tensor],
    captions: tuple[str, str],
) -> Image.Image:
    """The picture ``compare_images`` and ``mm-agent compare`` save.

    Args:
        first: one picture.
        second: the other.
        maps: the difference map of each.
        captions: what to write above each.
    """
    panels = []
    for image, heat in zip((first, second), maps, strict=True):
        places = differences(heat, image.size)
        marks = [f"{place.strength:.2f}" for place in places]
        panels.append(draw_boxes(draw_heatmap(image, heat, span=_SPAN), [p.box for p in places], marks))
    return side_by_side(panels[0], panels[1], captions)
