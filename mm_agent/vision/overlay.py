"""Heat maps and boxes drawn over a picture, with a legend that gives the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from mm_agent.errors import ShapeError

if TYPE_CHECKING:
    from mm_agent.media.handles import Box

# From cold to warm; dark to light as well, so that it also reads in grey and to colour-blind eyes.
_STOPS = ((24, 10, 60), (107, 24, 110), (190, 55, 84), (249, 142, 9), (252, 246, 164))
_INK, _PAPER = (20, 20, 24), (250, 250, 248)
_BOXES = ((249, 142, 9), (52, 152, 219), (46, 204, 113), (155, 89, 182), (231, 76, 60))


def draw_heatmap(image: Image.Image, heat: Tensor, *, span: tuple[float, float] | None = None) -> Image.Image:
    """`image` under its heat map, with a colour scale below.

    Warm patches cover more of the picture than cold ones; the scale names the values at its ends.

    Args:
        image: the picture the map was made of.
        heat: (rows, cols), any finite numbers.
        span: the values at the scale's ends; None takes the map's smallest and largest.

    Raises:
        ShapeError: not a finite grid.
    """
    if heat.ndim != 2 or not bool(heat.isfinite().all()):
        raise ShapeError(f"a heat map is a finite (rows, cols) grid; got {tuple(heat.shape)}")
    low, high = span or (float(heat.min()), float(heat.max()))
    grid = ((heat.float() - low) / max(high - low, 1e-12)).clamp(0, 1).numpy()
    smooth = Image.fromarray((grid * 255).astype(np.uint8)).resize(image.size, Image.Resampling.BICUBIC)
    warmth = np.asarray(smooth, dtype=np.float32)[..., None] / 255  # (height, width, 1)
    alpha = 0.25 + 0.5 * warmth
    pixels = np.asarray(image.convert("RGB"), dtype=np.float32)
    mixed = (1 - alpha) * pixels + alpha * _colours(warmth[..., 0])
    return _with_legend(Image.fromarray(mixed.round().astype(np.uint8)), low, high)


def draw_boxes(image: Image.Image, boxes: Sequence[Box], captions: Sequence[str]) -> Image.Image:
    """`image` with one captioned frame a box.

    Raises:
        ShapeError: not one caption a box.
    """
    if len(boxes) != len(captions):
        raise ShapeError(f"{len(boxes)} boxes but {len(captions)} captions; give one caption a box")
    drawn = image.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    line = max(2, round(min(image.size) / 150))
    font = _font(image)
    for index, (box, caption) in enumerate(zip(boxes, captions, strict=True)):
        colour = _BOXES[index % len(_BOXES)]
        pen.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline=colour, width=line)
        _draw_caption(pen, (box.left, box.top), caption, colour, font)
    return drawn


def side_by_side(left: Image.Image, right: Image.Image, captions: tuple[str, str]) -> Image.Image:
    """Two pictures beside each other at one height, each under its caption."""
    height = max(left.height, right.height)
    panels = [
        panel.resize((round(panel.width * height / panel.height), height), Image.Resampling.LANCZOS)
        for panel in (left, right)
    ]
    gap = max(8, height // 40)
    font = _font(panels[0])
    line = round(ImageDraw.Draw(left).textbbox((0, 0), "Ag", font=font)[3]) + gap
    width = sum(panel.width for panel in panels) + 3 * gap
    sheet = Image.new("RGB", (width, height + line + 2 * gap), _PAPER)
    pen = ImageDraw.Draw(sheet)
    x = gap
    for panel, caption in zip(panels, captions, strict=True):
        pen.text((x, gap), caption, fill=_INK, font=font)
        sheet.paste(panel, (x, gap + line))
        x += panel.width + gap
    return sheet


def _draw_caption(
    pen: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    caption: str,
    colour: tuple[int, int, int],
    font: ImageFont.ImageFont,
) -> None:
    _, _, right, bottom = pen.textbbox((0, 0), caption, font=font)
    pad = 3
    pen.rectangle(
        (corner[0], corner[1], corner[0] + right + 2 * pad, corner[1] + bottom + 2 * pad), fill=colour
    )
    pen.text((corner[0] + pad, corner[1] + pad), caption, fill=_INK, font=font)


def _with_legend(picture: Image.Image, low: float, high: float) -> Image.Image:
    font = _font(picture)
    text_height = round(ImageDraw.Draw(picture).textbbox((0, 0), "0.00", font=font)[3])
    pad = max(4, text_height // 2)
    bar = max(6, text_height // 2)
    sheet = Image.new("RGB", (picture.width, picture.height + bar + text_height + 3 * pad), _PAPER)
    sheet.paste(picture, (0, 0))
    ramp = np.linspace(0, 1, max(1, picture.width - 2 * pad), dtype=np.float32)[None].repeat(bar, axis=0)
    sheet.paste(Image.fromarray(_colours(ramp).round().astype(np.uint8)), (pad, picture.height + pad))
    pen = ImageDraw.Draw(sheet)
    base = picture.height + bar + int(1.5 * pad)
    pen.text((pad, base), f"{low:.3g}", fill=_INK, font=font)
    pen.text((picture.width - pad, base), f"{high:.3g}", fill=_INK, font=font, anchor="ra")
    return sheet


def _colours(values: np.ndarray) -> np.ndarray:
    """Values in 0..1 to RGB, one more axis of three."""
    stops = np.linspace(0, 1, len(_STOPS))
    return np.stack([np.interp(values, stops, [stop[i] for stop in _STOPS]) for i in range(3)], axis=-1)


def _font(image: Image.Image) -> ImageFont.ImageFont:
    return ImageFont.load_default(size=max(10, round(min(image.size) / 28)))  # pyright: ignore[reportReturnType]
