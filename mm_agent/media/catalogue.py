"""Which handle stands for what: the items of a store, by handle and by content."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Literal

from mm_agent.errors import MediaNotFound
from mm_agent.media.handles import (
    Box,
    FrameHandle,
    ImageHandle,
    RegionHandle,
    VideoHandle,
    parse_handle,
)
from mm_agent.media.item import MediaItem
from mm_agent.media.words import quoted

_MOST_LISTED = 20


@dataclass(frozen=True)
class Found:
    """What a handle leads to: a whole picture or video, the moment of the video, the part of the picture."""

    item: MediaItem
    moment: float | None
    box: Box | None


class Catalogue:
    """Items in the order they came; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_digest: dict[str, MediaItem] = {}
        self._by_handle: dict[str, MediaItem] = {}

    def register(self, new: MediaItem) -> MediaItem:
        """Give a new item its handle, unless it has one; the same content again gives the item that is there."""
        with self._lock:
            item = self._by_digest.get(new.sha256)
            if item is None:
                item = new if new.handle else replace(new, handle=self._next_handle(new.kind))
                self._by_digest[item.sha256] = self._by_handle[item.handle] = item
            return item

    def _next_handle(self, kind: Literal["image", "video"]) -> str:
        handle = ImageHandle if kind == "image" else VideoHandle
        taken = (parse_handle(known) for known in self._by_handle)
        return str(handle(1 + max((known.index for known in taken if isinstance(known, handle)), default=0)))

    def items(self) -> list[MediaItem]:
        """All of them."""
        with self._lock:
            return list(self._by_handle.values())

    def find(self, text: str) -> Found:
        """Read a handle and look it up.

        Raises:
            MediaNotFound: Not a handle, unknown (the message lists the known ones), or an empty region.
        """
        try:
            handle = parse_handle(text)
        except MediaNotFound as error:
            raise MediaNotFound(f"{error}; {self.known()}") from error
        whole = handle.image if isinstance(handle, RegionHandle) else handle
        frame = whole if isinstance(whole, FrameHandle) else None
        with self._lock:
            item = self._by_handle.get(str(frame.video if frame else whole))
        if item is None:
            raise MediaNotFound(f"there is no {quoted(str(handle))}; {self.known()}")
        box = handle.box.clamped(item.width, item.height) if isinstance(handle, RegionHandle) else None
        return Found(item, frame.seconds if frame else None, box)

    def known(self) -> str:
        """The end of a message about a handle that is not there."""
        items = self.items()
        if not items:
            return "no picture has been added yet"
        listed = ", ".join(f"{item.handle} ({item.name})" for item in items[:_MOST_LISTED])
        more = len(items) - _MOST_LISTED
        return f"known: {listed}" + (f" and {more} more" if more > 0 else "")

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._by_digest.clear()
            self._by_handle.clear()
