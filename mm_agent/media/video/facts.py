"""What is known about a video, and one frame of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class VideoInfo:
    """A video as it is shown; counted from the file's packets, not taken from its header.

    Attributes:
        duration: When the last frame ends, in seconds from the start.
        width: Pixels across, upright and with square pixels.
        height: Pixels down, upright.
        rate: Mean frames per second.
        frames: How many frames there are.
        rotation: How far the stored frames are turned to be upright: 0, 90, 180 or 270 degrees clockwise.
        notes: What a reader should know, for example "variable frame rate: frames 20 to 100 ms apart".
    """

    duration: float
    width: int
    height: int
    rate: float
    frames: int
    rotation: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame.

    Attributes:
        seconds: When it is first shown, from the start of the video, to the millisecond; ``Video.at`` and a
            frame handle (``vid-1@12.48s``) with this time lead back to this frame.
        image: RGB, upright, 8 bits a channel.
    """

    seconds: float
    image: Image.Image
