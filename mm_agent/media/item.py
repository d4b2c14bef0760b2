"""What is known about one picture or clip in a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mm_agent.errors import MediaRefused
from mm_agent.media.handles import Box, FrameHandle, RegionHandle, VideoHandle, parse_handle


@dataclass(frozen=True)
class MediaItem:
    """A picture, a clip, a frame of one, or a region.

    Attributes:
        handle: How it is named: ``img-1``, ``img-1@40,60,220,300``, ``vid-1`` or ``vid-1@12.48s``.
        kind: A picture (also a frame, or a region of either) or a whole clip.
        sha256: Digest of the decoded pixels (`mm_agent.media.digest`), of the crop for a region; of a clip:
            of the file's bytes.
        width: Pixels across, upright.
        height: Pixels down, upright.
        name: Where it came from, for people: a file name, or "picture" when there is none.
        notes: What was done to the picture while decoding that a reader should know.
        duration: Seconds from start to end; clips only.
        rate: Mean frames per second; clips only.
    """

    handle: str
    kind: Literal["image", "video"]
    sha256: str
    width: int
    height: int
    name: str
    notes: tuple[str, ...] = ()
    duration: float | None = None
    rate: float | None = None

    def region(self, box: Box | Sequence[int]) -> str:
        """The handle of a rectangle of this picture or frame, clamped to it.

        Args:
            box: (left, top, right, bottom) in this picture's own pixels; in a region they count from its
                top left corner.

        Raises:
            MediaNotFound: The box is empty or lies outside.
            MediaRefused: This is a whole clip.
        """
        handle = parse_handle(self.handle)
        if isinstance(handle, VideoHandle):
            raise MediaRefused(f"{handle} is a video; name one of its frames first, such as {handle}@2s")
        inner = (box if isinstance(box, Box) else Box(*map(int, box))).clamped(self.width, self.height)
        if isinstance(handle, RegionHandle):
            return str(RegionHandle(handle.image, inner.moved(handle.box.left, handle.box.top)))
        return str(RegionHandle(handle, inner))

    def frame(self, seconds: float) -> str:
        """The handle of the frame of this clip that is shown at a time; tools take it as a picture.

        Raises:
            MediaRefused: This is a picture.
        """
        handle = parse_handle(self.handle)
        if not isinstance(handle, VideoHandle):
            raise MediaRefused(f"{handle} is a picture, which has no frames; use a video")
        return str(FrameHandle(handle, seconds))

    def still(self, seconds: float, sha256: str) -> MediaItem:
        """The frame of this clip that is first shown at a time."""
        return replace(
            self,
            handle=self.frame(seconds),
            kind="image",
            sha256=sha256,
            notes=(f"frame of {self.handle}",),
            duration=None,
            rate=None,
        )

    def part(self, box: Box, sha256: str) -> MediaItem:
        """A rectangle of this picture or frame, already clamped to it."""
        return replace(
            self,
            handle=self.region(box),
            sha256=sha256,
            width=box.width,
            height=box.height,
            notes=(*self.notes, f"region of {self.handle}"),
        )
