"""What is known about one picture or clip in a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mm_agent.errors import MediaRefused
from mm_agent.media.handles import Box, ImageHandle, RegionHandle, parse_handle


@dataclass(frozen=True)
class MediaItem:
    """A picture, a region of one, or a clip.

    Attributes:
        handle: How it is named, for example ``img-1`` or ``img-1@40,60,220,300``.
        kind: A picture (or a region of one) or a clip.
        sha256: Digest of the decoded pixels (`mm_agent.media.digest`), of the crop for a region.
        width: Pixels across, upright.
        height: Pixels down, upright.
        name: Where it came from, for people: a file name, or "picture" when there is none.
        notes: What was done to the picture while decoding that a reader should know.
    """

    handle: str
    kind: Literal["image", "video"]
    sha256: str
    width: int
    height: int
    name: str
    notes: tuple[str, ...] = ()

    def region(self, box: Box | Sequence[int]) -> str:
        """The handle of a rectangle of this picture, clamped to it.

        Args:
            box: (left, top, right, bottom) in this picture's own pixels; in a region they count from its
                top left corner.

        Raises:
            MediaNotFound: The box is empty or lies outside.
            MediaRefused: This is a clip.
        """
        inner = (box if isinstance(box, Box) else Box(*map(int, box))).clamped(self.width, self.height)
        handle = parse_handle(self.handle)
        if isinstance(handle, RegionHandle):
            return str(RegionHandle(handle.image, inner.moved(handle.box.left, handle.box.top)))
        if isinstance(handle, ImageHandle):
            return str(RegionHandle(handle, inner))
        raise MediaRefused(f"{self.handle} is a clip, which has no regions; use a picture")
