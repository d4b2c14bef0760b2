"""From a decoded frame to a picture: square pixels, RGB, turned as the file says."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from PIL import Image

# The signs of a, b, c, d in a display matrix (ISO/IEC 14496-12, 6.2.2: x' = ax + cy, y' = bx + dy) and what
# they ask for; Pillow counts its rotations against the clock.
_TURNS = {
    (1, 0, 0, 1): None,
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}
_CLOCKWISE = {
    Image.Transpose.ROTATE_270: 90,
    Image.Transpose.TRANSVERSE: 90,
    Image.Transpose.ROTATE_180: 180,
    Image.Transpose.FLIP_TOP_BOTTOM: 180,
    Image.Transpose.ROTATE_90: 270,
    Image.Transpose.TRANSPOSE: 270,
}


# Narrower or wider pixels than this are a mistake in the file.
_WIDEST_PIXEL = 4


@dataclass(frozen=True)
class Shape:
    """How frames become pictures, read once from the first frame: a video keeps one size throughout.

    Attributes:
        width: Pixels across before turning, with square pixels.
        height: Pixels down before turning.
        turn: What makes a picture upright.
    """

    width: int
    height: int
    turn: Image.Transpose | None

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        sideways = self.rotation in (90, 270)
        return (self.height, self.width) if sideways else (self.width, self.height)

    @property
    def rotation(self) -> int:
        """How far pictures are turned clockwise: 0, 90, 180 or 270 degrees."""
        return 0 if self.turn is None else _CLOCKWISE.get(self.turn, 0)

    def within(self, size: int | None) -> tuple[int, int]:
        """Width and height before turning, the longer side at most ``size``; nothing is enlarged."""
        longest = max(self.width, self.height)
        if size is None or longest <= size:
            return self.width, self.height
        return max(1, round(self.width * size / longest)), max(1, round(self.height * size / longest))


def shape_of(frame: VideoFrame, pixel_ratio: Fraction | None) -> Shape:
    """The shape that a video's first frame gives all of them.

    Args:
        frame: As decoded.
        pixel_ratio: Width of a stored pixel to its height; None: square.
    """
    ratio = pixel_ratio or Fraction(1)
    if not Fraction(1, _WIDEST_PIXEL) <= ratio <= _WIDEST_PIXEL:
        ratio = Fraction(1)
    return Shape(max(1, round(frame.width * ratio)), frame.height, _turn(frame))


class Upright:
    """Makes the pictures of one walk; it keeps its converter.

    Args:
        shape: Of the video.
        size: Longest side of the pictures in pixels; None: as large as the video.
    """

    def __init__(self, shape: Shape, size: int | None) -> None:
        self._turn = shape.turn
        self._width, self._height = shape.within(size)
        self._reformatter = VideoReformatter()

    def picture(self, frame: VideoFrame) -> Image.Image:
        """The frame as RGB, upright."""
        smaller = self._width * self._height < frame.width * frame.height
        rgb = self._reformatter.reformat(
            frame,
            self._width,
            self._height,
            format="rgb24",
            interpolation=Interpolation.AREA if smaller else Interpolation.BICUBIC,
            threads=1,
        )
        image = Image.fromarray(rgb.to_ndarray())  # (H, W, 3)
        return image if self._turn is None else image.transpose(self._turn)


def _turn(frame: VideoFrame) -> Image.Transpose | None:
    stored = frame.side_data.get("DISPLAYMATRIX")
    if stored is None:
        return None
    matrix = np.frombuffer(bytes(stored), np.int32)  # (9,)
    a, b, c, d = (float(matrix[place]) for place in (0, 1, 3, 4))
    straight = abs(a) + abs(d) >= abs(b) + abs(c)  # a slanted matrix goes to the nearest right angle
    signs = (_sign(a), 0, 0, _sign(d)) if straight else (0, _sign(b), _sign(c), 0)
    return _TURNS.get(signs)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
