"""MediaStore: the pictures of a conversation under content-addressed handles."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from PIL import Image

from mm_agent.errors import MediaError, MediaNotFound, MediaRefused
from mm_agent.media.artifacts import ArtifactFolder
from mm_agent.media.cache import PictureCache
from mm_agent.media.decode import decode_image
from mm_agent.media.digest import picture_digest
from mm_agent.media.handles import Box, ImageHandle, RegionHandle, looks_like_handle, parse_handle
from mm_agent.media.item import MediaItem
from mm_agent.media.kept import KeptFolder
from mm_agent.media.load import Loaded, load_picture
from mm_agent.media.policy import MIB, MediaPolicy
from mm_agent.media.source import parse_source
from mm_agent.media.words import one_line, quoted

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MediaItem", "MediaStore"]

_MOST_LISTED = 20


class MediaStore:
    """Pictures by handle; the same pixels get the same handle, however they arrive.

    Safe to share between threads. Memory is bounded: decoded pictures live in an LRU of ``cache_bytes``, the
    encoded bytes in a private temporary folder (pixels that came from memory as lossless PNG), and a picture
    that fell out of the LRU is decoded again from there. The source is read only once, so a file that changes
    or a server that forgets does no harm. The folder goes when the store is closed, collected or the process
    ends; artifacts stay, so that a path in an answer can be opened.

    Args:
        policy: What `add` may open, on behalf of the person who runs the program.
        resolve_policy: What `resolve` may open when a reference is not a handle, on behalf of a model; None:
            the same. ``MediaPolicy.untrusted()`` fits where the model's words are not to be trusted.
        artifact_dir: Where artifacts go; None: a new temporary folder.
        cache_bytes: Budget for decoded pixels.
    """

    def __init__(
        self,
        policy: MediaPolicy | None = None,
        *,
        resolve_policy: MediaPolicy | None = None,
        artifact_dir: str | Path | None = None,
        cache_bytes: int = 256 * MIB,
    ) -> None:
        self.policy = policy or MediaPolicy()
        self.resolve_policy = resolve_policy or self.policy
        self._artifacts = ArtifactFolder(Path(artifact_dir) if artifact_dir is not None else None)
        self._kept = KeptFolder()
        self._cache = PictureCache(cache_bytes)
        self._lock = threading.Lock()
        self._by_digest: dict[str, MediaItem] = {}
        self._by_handle: dict[str, MediaItem] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget all pictures and remove what was kept of them; artifacts stay."""
        with self._lock:
            self._by_digest.clear()
            self._by_handle.clear()
            self._cache.clear()
            self._kept.close()

    def add(
        self, source: str | Path | bytes | Image.Image | np.ndarray, *, name: str | None = None
    ) -> MediaItem:
        """Read a picture and give it a handle; one already here keeps its handle, name and notes.

        Args:
            source: Anything `mm_agent.media.source.parse_source` takes.
            name: What to call it; None: the file's own name.

        Raises:
            MediaNotFound: No such file or address.
            MediaRefused: The policy says no, or it is a video: this version takes pictures only.
            MediaDecodeError: Not a picture that can be read.
        """
        return self._add(source, name, self.policy)

    def items(self) -> list[MediaItem]:
        """All pictures, in the order they came."""
        with self._lock:
            return list(self._by_handle.values())

    def get(self, handle: str) -> MediaItem:
        """What is known about a handle; for a region: the crop's own size and digest, the box clamped.

        Raises:
            MediaNotFound: Not a handle, unknown (the message lists the known ones), or an empty region.
        """
        item, box = self._find(handle)
        if box is None:
            return item
        crop = self._crop(item, box)
        return replace(
            item,
            handle=item.region(box),
            sha256=picture_digest(crop),
            width=box.width,
            height=box.height,
            notes=(*item.notes, f"region of {item.handle}"),
        )

    def image(self, ref: str) -> Image.Image:
        """A copy of the picture, or of the region, behind a handle: RGB, upright, the caller's to change.

        Raises:
            MediaNotFound: As `get`.
        """
        item, box = self._find(ref)
        return self._decoded(item).copy() if box is None else self._crop(item, box)

    def resolve(self, ref: str) -> MediaItem:
        """A handle, or whatever ``resolve_policy`` allows: a path, an address or a data URI, which is added.

        Raises:
            MediaNotFound: Nothing there; the message lists the known handles.
            MediaRefused: The policy says no.
            MediaDecodeError: Not a picture that can be read.
        """
        if looks_like_handle(ref):
            return self.get(ref)
        try:
            return self._add(ref, None, self.resolve_policy)
        except (MediaNotFound, MediaRefused) as error:
            # A bare word where files are off is a mistyped handle, not a forbidden file.
            bare = self.resolve_policy.roots == () and not set("/\\.:") & set(ref)
            kind = MediaNotFound if bare else type(error)
            message = f"{quoted(ref)} is not a media handle" if bare else str(error)
            raise kind(f"{message}; {self._known()}") from error

    def region(self, handle: str, box: Box | Sequence[int]) -> str:
        """The handle of a rectangle of a picture, clamped to it.

        Args:
            handle: A picture; or a region, whose own top left corner the box then counts from.
            box: (left, top, right, bottom) in pixels.

        Raises:
            MediaNotFound: Unknown handle, or no pixel inside.
        """
        return self.get(handle).region(box)

    @property
    def artifact_dir(self) -> Path:
        """The folder artifacts are saved in; it exists."""
        return self._artifacts.path

    def save_artifact(self, picture: Image.Image, name: str) -> Path:
        """Save a picture as PNG, atomically; a name taken by another picture gets a number.

        Raises:
            MediaError: It cannot be written.
        """
        stem = name.removesuffix(".png").removesuffix(".PNG")
        return self._artifacts.save(f"{stem}.png", _as_png(picture))

    def _add(
        self, value: str | Path | bytes | Image.Image | np.ndarray, name: str | None, policy: MediaPolicy
    ) -> MediaItem:
        source = parse_source(value)
        # Reading and decoding take long, so they run outside the lock.
        loaded = load_picture(source, policy)
        return self._register(loaded, one_line(name or source.name))

    def _register(self, loaded: Loaded, name: str) -> MediaItem:
        image = loaded.picture.image
        digest = picture_digest(image)
        if digest not in self._by_digest:
            self._kept.put(digest, loaded.data if loaded.data is not None else _as_png(image))
        with self._lock:
            item = self._by_digest.get(digest)
            if item is None:
                handle = str(ImageHandle(len(self._by_handle) + 1))
                item = MediaItem(
                    handle, "image", digest, image.width, image.height, name, loaded.picture.notes
                )
                self._by_digest[digest] = self._by_handle[handle] = item
        self._cache.put(digest, image)
        return item

    def _find(self, text: str) -> tuple[MediaItem, Box | None]:
        """The whole picture behind a handle, and the region's box inside it."""
        try:
            handle = parse_handle(text)
        except MediaNotFound as error:
            raise MediaNotFound(f"{error}; {self._known()}") from error
        region = handle if isinstance(handle, RegionHandle) else None
        with self._lock:
            item = self._by_handle.get(str(region.image if region else handle))
        if item is None:
            raise MediaNotFound(f"there is no {quoted(str(handle))}; {self._known()}")
        return item, region.box.clamped(item.width, item.height) if region else None

    def _crop(self, item: MediaItem, box: Box) -> Image.Image:
        return self._decoded(item).crop(box.corners)

    def _decoded(self, item: MediaItem) -> Image.Image:
        image = self._cache.get(item.sha256)
        if image is None:
            image = decode_image(self._kept.get(item.sha256), self._redecode_policy(item)).image
            self._cache.put(item.sha256, image)
        return image

    def _redecode_policy(self, item: MediaItem) -> MediaPolicy:
        """Limits that were met once: the PNG made of an array may outgrow ``max_bytes``."""
        widest = max(self.policy.max_pixels, item.width * item.height)
        return replace(self.policy, max_bytes=max(self.policy.max_bytes, 2**40), max_pixels=widest)

    def _known(self) -> str:
        items = self.items()
        if not items:
            return "no picture has been added yet"
        listed = ", ".join(f"{item.handle} ({item.name})" for item in items[:_MOST_LISTED])
        return f"known: {listed}" + (
            f" and {len(items) - _MOST_LISTED} more" if len(items) > _MOST_LISTED else ""
        )


def _as_png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    try:
        picture.save(buffer, format="PNG", compress_level=1)
    except OSError as error:
        raise MediaError(
            f"cannot save a picture of mode {picture.mode} as PNG; convert it to RGB first"
        ) from error
    return buffer.getvalue()
