"""What the model gave, checked: pictures by handle (or path, URL, data URI), words by length.

Places and maps are relative to the picture that was looked at; pixel boxes always belong to the whole upright
picture, so that a region of a region has one name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from mm_agent.errors import ToolInputError
from mm_agent.media.handles import RegionHandle, parse_handle
from mm_agent.media.store import MediaItem, MediaStore

MAX_LABEL = 100
"""Longest label, noun or query in characters."""


@dataclass(frozen=True)
class Look:
    """A picture to look at.

    Attributes:
        item: What is known about it; of a region when only a part is looked at.
        image: The upright RGB pixels, cropped for a region.
        offset: Where the crop starts in the whole picture, (left, top) in pixels.
    """

    item: MediaItem
    image: Image.Image
    offset: tuple[int, int]

    def whole_box(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """Move a box of the crop to the whole picture's pixels."""
        across, down = self.offset
        return box[0] + across, box[1] + down, box[2] + across, box[3] + down


def open_picture(store: MediaStore, reference: str) -> Look:
    """Open what the model named.

    Args:
        store: Holds the pictures; its policy says whether paths, URLs and data URIs are taken too.
        reference: A handle, a region handle, or a path, URL or data URI.

    Raises:
        ToolInputError: Nothing was named.
        MediaError: Unknown handle (the message names the known ones), or refused, or not a picture.
    """
    if not reference.strip():
        raise ToolInputError("image is empty; give a media handle such as img-1")
    return look_at(store, store.resolve(reference))


def look_at(store: MediaStore, item: MediaItem) -> Look:
    """The picture of a resolved item.

    Raises:
        MediaError: It is a video.
    """
    handle = parse_handle(item.handle)
    offset = (handle.box.left, handle.box.top) if isinstance(handle, RegionHandle) else (0, 0)
    return Look(item, store.image(item.handle), offset)


def one_line(text: str, argument: str) -> str:
    """Check a noun, label or query and return it on one line.

    Raises:
        ToolInputError: Empty or too long.
    """
    words = " ".join(text.split())
    if not words:
        raise ToolInputError(f"{argument} is empty; say in a few words what to look for, such as cat")
    if len(words) > MAX_LABEL:
        raise ToolInputError(f"{argument} has {len(words)} characters; use at most {MAX_LABEL}")
    return words


def distinct_lines(texts: Sequence[str], argument: str, *, most: int) -> list[str]:
    """Check a list of labels; return each once, in order.

    Raises:
        ToolInputError: One is empty or too long, or there are more than ``most``.
    """
    if len(texts) > most:
        raise ToolInputError(f"{argument} has {len(texts)} entries; use at most {most}")
    return list(dict.fromkeys(one_line(text, argument) for text in texts))
