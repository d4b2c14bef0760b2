"""A contact sheet: small pictures side by side, each with a caption below."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

from PIL import Image, ImageDraw, ImageFont

from mm_agent.errors import ShapeError

INK, FAINT, PAPER = (28, 28, 32), (120, 120, 126), (250, 250, 248)
_GAP, _LINE = 10, 18


def contact_sheet(pictures: Sequence[Image.Image], captions: Sequence[str]) -> Image.Image:
    """The pictures in rows, left to right and top to bottom.

    Args:
        pictures: at least one; all of one size.
        captions: one a picture; a caption wider than its picture is cut.

    Raises:
        ShapeError: no picture, or not one caption a picture.
    """
    if not pictures or len(pictures) != len(captions):
        raise ShapeError(
            f"{len(pictures)} pictures and {len(captions)} captions; give at least one, and as many of both"
        )
    width, height = pictures[0].size
    columns = min(len(pictures), max(2, ceil(sqrt(len(pictures) * 1.6 * height / width))))
    rows = ceil(len(pictures) / columns)
    cell = (width + _GAP, height + _LINE + _GAP)
    sheet = Image.new("RGB", (columns * cell[0] + _GAP, rows * cell[1] + _GAP), PAPER)
    pen = ImageDraw.Draw(sheet)
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        left = _GAP + index % columns * cell[0]
        top = _GAP + index // columns * cell[1]
        sheet.paste(picture, (left, top))
        write(pen, (left, top + height + 3), caption, width=width)
    return sheet


def write(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    *,
    width: float,
    colour: tuple[int, int, int] = INK,
    size: int = 12,
    anchor: str = "la",
) -> None:
    """Write one line of at most `width` pixels; what the font has no letters for (Chinese) is left out."""
    font = ImageFont.load_default(size=size)
    words = "".join(letter for letter in text if ord(letter) < 0x250)
    while words and pen.textlength(words, font=font) > width:
        words = words[:-1]
    pen.text(at, words, fill=colour, font=font, anchor=anchor)
