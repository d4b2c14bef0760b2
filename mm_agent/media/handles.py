"""Media handles, all a model sees: ``img-1``, ``img-1@40,60,220,300``, ``vid-2``, ``vid-2@12.48s``.

A region of a frame names both: ``vid-2@12.48s@40,60,220,300``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from mm_agent.errors import MediaNotFound
from mm_agent.media.words import quoted

_HANDLE = re.compile(r"(?P<kind>img|vid)-(?P<index>[1-9]\d{0,8})(?:@(?P<part>.+))?", re.IGNORECASE | re.ASCII)
_BOX = re.compile(r"(-?\d{1,9})\s*,\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})\s*,\s*(-?\d{1,9})", re.ASCII)
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d+)?)\s*s?", re.IGNORECASE | re.ASCII)
_GRAMMAR = "write img-1, img-1@left,top,right,bottom (pixels), vid-1, vid-1@12.5s or vid-1@12.5s@left,top,..."


@dataclass(frozen=True, order=True)
class Box:
    """A rectangle in pixels of the upright picture; left and top inside, right and bottom just outside."""

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if self.right <= self.left or self.bottom <= self.top:
            raise MediaNotFound(
                f"box {self} is empty; give left,top,right,bottom with left < right and top < bottom"
            )

    def __str__(self) -> str:
        return f"{self.left},{self.top},{self.right},{self.bottom}"

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """(left, top, right, bottom), as Pillow's crop takes it."""
        return self.left, self.top, self.right, self.bottom

    def clamped(self, width: int, height: int) -> Box:
        """The part of the box inside a picture of that size.

        Raises:
            MediaNotFound: No pixel of the box lies inside.
        """
        if self.left >= width or self.top >= height or self.right <= 0 or self.bottom <= 0:
            raise MediaNotFound(f"box {self} lies outside the picture; it is {width}x{height} pixels")
        return Box(max(self.left, 0), max(self.top, 0), min(self.right, width), min(self.bottom, height))

    def moved(self, right: int, down: int) -> Box:
        """The same box elsewhere."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)


@dataclass(frozen=True)
class ImageHandle:
    """A whole picture."""

    index: int

    def __str__(self) -> str:
        return f"img-{self.index}"


@dataclass(frozen=True)
class VideoHandle:
    """A whole clip."""

    index: int

    def __str__(self) -> str:
        return f"vid-{self.index}"


@dataclass(frozen=True)
class FrameHandle:
    """The frame of a clip shown at a moment, in seconds from its start, kept to the millisecond."""

    video: VideoHandle
    seconds: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", round(float(self.seconds), 3))

    def __str__(self) -> str:
        exact = Decimal(str(self.seconds)).normalize()
        return f"{self.video}@{exact:f}s"


@dataclass(frozen=True)
class RegionHandle:
    """A rectangle of a picture or of a frame."""

    image: ImageHandle | FrameHandle
    box: Box

    def __str__(self) -> str:
        return f"{self.image}@{self.box}"


Handle = ImageHandle | RegionHandle | VideoHandle | FrameHandle


def looks_like_handle(text: str) -> bool:
    """Whether a text starts as a handle does, be it well formed or not."""
    return re.match(r"(img|vid)-\d+($|@)", _bare(text), re.IGNORECASE | re.ASCII) is not None


def parse_handle(text: str) -> Handle:
    """Read a handle; ``str`` of the result is its canonical text.

    Blanks and quotes around it and capital letters do no harm, since a model may write them.

    Raises:
        MediaNotFound: The text is not a handle.
    """
    match = _HANDLE.fullmatch(_bare(text))
    if match is None:
        raise MediaNotFound(f"{quoted(text)} is not a media handle; {_GRAMMAR}")
    index, part = int(match["index"]), match["part"]
    if match["kind"].lower() == "img":
        return (
            ImageHandle(index) if part is None else RegionHandle(ImageHandle(index), _parse_box(part, text))
        )
    if part is None:
        return VideoHandle(index)
    moment, at, region = part.partition("@")
    frame = FrameHandle(VideoHandle(index), _parse_seconds(moment, text))
    return RegionHandle(frame, _parse_box(region, text)) if at else frame


def _bare(text: str) -> str:
    return text.strip().strip("\"'`“”‘’").strip()


def _parse_box(part: str, text: str) -> Box:
    match = _BOX.fullmatch(part.strip().strip("()[]"))
    if match is None:
        raise MediaNotFound(f"{quoted(text)} names no region; {_GRAMMAR}")
    left, top, right, bottom = map(int, match.groups())
    return Box(left, top, right, bottom)


def _parse_seconds(part: str, text: str) -> float:
    match = _SECONDS.fullmatch(part.strip())
    if match is None:
        raise MediaNotFound(f"{quoted(text)} names no moment; {_GRAMMAR}")
    return float(match[1])
