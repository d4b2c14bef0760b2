"""Videos: true timestamps, upright frames, and memory that does not grow with the video's length.

Names are imported on first use, so that naming this package loads no decoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.lazy import lazy_names

if TYPE_CHECKING:
    from mm_agent.media.video.facts import Frame, VideoInfo
    from mm_agent.media.video.video import Video, open_video

_HOMES = {"Frame": ".facts", "Video": ".video", "VideoInfo": ".facts", "open_video": ".video"}

__all__ = ["Frame", "Video", "VideoInfo", "open_video"]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
