"""The decoded pictures used last, within a memory budget."""

from __future__ import annotations

import threading
from collections import OrderedDict

from PIL import Image


class PictureCache:
    """A thread-safe LRU of RGB pictures, bounded by the bytes of their pixels.

    A picture larger than the whole budget is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pictures: OrderedDict[str, Image.Image] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Image.Image | None:
        """The picture, now the one used last; None when it is not kept."""
        with self._lock:
            picture = self._pictures.get(key)
            if picture is not None:
                self._pictures.move_to_end(key)
            return picture

    def put(self, key: str, picture: Image.Image) -> None:
        """Keep a picture, forgetting those not used for longest."""
        with self._lock:
            if key in self._pictures:
                self._bytes -= _size(self._pictures.pop(key))
            self._pictures[key] = picture
            self._bytes += _size(picture)
            while self._bytes > self._max_bytes:
                self._bytes -= _size(self._pictures.popitem(last=False)[1])

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._pictures.clear()
            self._bytes = 0

    @property
    def used_bytes(self) -> int:
        """Bytes of pixels kept now."""
        return self._bytes


def _size(picture: Image.Image) -> int:
    return picture.width * picture.height * 3
