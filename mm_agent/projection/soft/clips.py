"""A clip as a language model sees it: frames spread evenly, each with its time."""

from __future__ import annotations

from PIL import Image

from mm_agent.media.video.facts import Frame
from mm_agent.media.video.video import Video

Shown = Image.Image | list[Frame]
"""A picture, or the frames of a clip in order."""


def spread(video: Video, frames: int) -> list[Frame]:
    """Frames from the middles of equally long parts of a clip, in order.

    Args:
        video: The clip.
        frames: How many parts; a clip of fewer frames gives all of its own.

    Raises:
        MediaError: It cannot be decoded.
    """
    count = max(1, min(frames, video.info.frames))
    return list(video.at([video.info.duration * (index + 0.5) / count for index in range(count)]))
