"""MediaStore: the pictures and videos of a conversation under content-addressed handles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from PIL import Image

from mm_agent.errors import MediaDecodeError, MediaError, MediaNotFound, MediaRefused
from mm_agent.media.artifacts import ArtifactFolder
from mm_agent.media.cache import PictureCache
from mm_agent.media.catalogue import Catalogue
from mm_agent.media.decode import decode_image
from mm_agent.media.digest import picture_digest
from mm_agent.media.handles import Box, looks_like_handle
from mm_agent.media.item import MediaItem
from mm_agent.media.kept import KeptFolder
from mm_agent.media.load import (
    EncodedSource,
    Loaded,
    holds_video,
    load_picture,
    open_source,
    read_picture,
)
from mm_agent.media.png import as_png
from mm_agent.media.policy import MIB, MediaPolicy
from mm_agent.media.source import PathSource, PictureSource, parse_source
from mm_agent.media.video.stored import StoredVideos
from mm_agent.media.words import one_line, quoted

if TYPE_CHECKING:
    import numpy as np

    from mm_agent.media.video import Video

__all__ = ["MediaItem", "MediaStore"]


class MediaStore:
    """Pictures and videos by handle; the same pixels, or the same video file, get the same handle.

    Safe to share between threads. Memory is bounded: decoded pictures and frames live in an LRU of
    ``cache_bytes``, the encoded bytes in a private temporary folder (pixels that came from memory as lossless
    PNG), and what fell out of the LRU is decoded again from there. The source is read only once, so a file
    that changes or a server that forgets does no harm. The folder goes when the store is closed, collected or
    the process ends; artifacts stay, so that a path in an answer can be opened.

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
        self._videos = StoredVideos(self._kept, self._cache)
        self._catalogue = Catalogue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget all pictures and videos and remove what was kept of them; artifacts stay."""
        self._catalogue.clear()
        self._cache.clear()
        self._videos.clear()
        self._kept.close()

    def add(
        self, source: str | Path | bytes | Image.Image | np.ndarray, *, name: str | None = None
    ) -> MediaItem:
        """Read a picture or a video and give it a handle; one already here keeps its handle, name and notes.

        Args:
            source: Anything `mm_agent.media.source.parse_source` takes; ``clip.mp4@2.5s`` names a frame of a
                file: it adds the video and gives the frame.
            name: What to call it; None: the file's own name.

        Raises:
            MediaNotFound: No such file or address.
            MediaRefused: The policy says no.
            MediaDecodeError: Not a picture or video that can be read.
        """
        return self._add(source, name, self.policy)

    def items(self) -> list[MediaItem]:
        """All pictures and videos, in the order they came."""
        return self._catalogue.items()

    def get(self, handle: str) -> MediaItem:
        """What is known about a handle.

        For a frame: the digest of its pixels, and the time it is first shown in its handle. For a region: the
        crop's own size and digest, the box clamped.

        Raises:
            MediaNotFound: Not a handle, unknown (the message lists the known ones), a time outside the video,
                or an empty region.
            MediaRefused: A region of a whole video.
        """
        found = self._catalogue.find(handle)
        item, box = found.item, found.box
        if found.moment is not None:
            shown = self._videos.get(item.sha256).seconds_at(found.moment)
            item = item.frame(shown, picture_digest(self._pixels(item, shown)))
        if box is not None:
            crop = self._pixels(found.item, found.moment).crop(box.corners)
            item = item.part(box, picture_digest(crop))
        return item

    def image(self, ref: str) -> Image.Image:
        """A copy of the picture, frame or region behind a handle: RGB, upright, the caller's to change.

        Raises:
            MediaNotFound: As `get`.
            MediaRefused: A whole video.
        """
        found = self._catalogue.find(ref)
        pixels = self._pixels(found.item, found.moment)
        return pixels.copy() if found.box is None else pixels.crop(found.box.corners)

    def video(self, handle: str) -> Video:
        """The video behind a handle, to walk over.

        Raises:
            MediaNotFound: As `get`.
            MediaRefused: Not a video.
        """
        item = self._catalogue.find(handle).item
        if item.kind != "video":
            raise MediaRefused(f"{item.handle} is a picture, not a video; {self._catalogue.known()}")
        return self._videos.get(item.sha256)

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
            raise kind(f"{message}; {self._catalogue.known()}") from error

    def region(self, handle: str, box: Box | Sequence[int]) -> str:
        """The handle of a rectangle of a picture or frame, clamped to it.

        Args:
            handle: A picture or a frame; or a region, whose own top left corner the box then counts from.
            box: (left, top, right, bottom) in pixels.

        Raises:
            MediaNotFound: Unknown handle, or no pixel inside.
            MediaRefused: A whole video.
        """
        return self.get(handle).region(box)

    def kept_file(self, handle: str) -> Path:
        """The file with the bytes of a whole picture or video, as long as the store is open; not to be changed.

        Raises:
            MediaNotFound: Unknown handle.
        """
        return self._kept.path(self._catalogue.find(handle).item.sha256)

    def restore(self, item: MediaItem, file: Path | None) -> bool:
        """Take back an item of an earlier store under the handle it had.

        Args:
            item: The item as it was.
            file: A file with the bytes that ``kept_file`` had; None: they are lost. The item is known again
                even so, and whole again once the same picture is added.

        Returns:
            Whether it can be looked at.
        """
        item = self._catalogue.register(item)
        if file is None:
            return False
        try:
            with open(file, "rb") as stream:
                if item.kind == "video":
                    return self._videos.keep(stream, self.policy)[0] == item.sha256
                self._kept.put(item.sha256, stream.read())
                return True
        except (OSError, MediaError):
            return False

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
        return self._artifacts.save(f"{stem}.png", as_png(picture))

    def _add(
        self, value: str | Path | bytes | Image.Image | np.ndarray, name: str | None, policy: MediaPolicy
    ) -> MediaItem:
        source = parse_source(value)
        # Reading and decoding take long, so they run outside the lock.
        if isinstance(source, PictureSource):
            return self._add_picture(load_picture(source, policy), name or source.name)
        try:
            return self._add_encoded(source, name, policy)
        except MediaNotFound:
            frame = source.video_and_seconds() if isinstance(source, PathSource) else None
            if frame is None:
                raise
        video = self._add_encoded(frame[0], None, policy)
        return self.get(f"{video.handle}@{frame[1]:.3f}s")

    def _add_encoded(self, source: EncodedSource, name: str | None, policy: MediaPolicy) -> MediaItem:
        with open_source(source, policy) as stream:
            if holds_video(stream):
                return self._add_video(stream, source, name or source.name, policy)
            return self._add_picture(read_picture(stream, source, policy), name or source.name)

    def _add_picture(self, loaded: Loaded, name: str) -> MediaItem:
        image = loaded.picture.image
        digest = picture_digest(image)
        if digest not in self._kept:
            self._kept.put(digest, loaded.data if loaded.data is not None else as_png(image))
        new = MediaItem("", "image", digest, image.width, image.height, one_line(name), loaded.picture.notes)
        item = self._catalogue.register(new)
        self._cache.put(digest, image)
        return item

    def _add_video(
        self, stream: BinaryIO, source: EncodedSource, name: str, policy: MediaPolicy
    ) -> MediaItem:
        try:
            digest, video = self._videos.keep(stream, policy)
        except (MediaDecodeError, MediaRefused) as error:
            raise type(error)(f"{quoted(source.name)}: {error}") from error
        info = video.info
        new = MediaItem("", "video", digest, info.width, info.height, one_line(name), info.notes)
        return self._catalogue.register(replace(new, duration=info.duration, rate=info.rate))

    def _pixels(self, item: MediaItem, moment: float | None) -> Image.Image:
        """All of a picture, or a frame; shared, not to be changed."""
        if moment is not None:
            return self._videos.frame(item.sha256, moment)
        if item.kind == "video":
            raise MediaRefused(
                f"{item.handle} is a video, not a picture; name one of its frames, such as {item.handle}@2s "
                "(of a file: clip.mp4@2s), or use a command or tool for videos"
            )
        image = self._cache.get(item.sha256)
        if image is None:
            image = decode_image(self._kept.get(item.sha256), self._redecode_policy(item)).image
            self._cache.put(item.sha256, image)
        return image

    def _redecode_policy(self, item: MediaItem) -> MediaPolicy:
        """Limits that were met once: the PNG made of an array may outgrow ``max_bytes``."""
        widest = max(self.policy.max_pixels, item.width * item.height)
        return replace(self.policy, max_bytes=max(self.policy.max_bytes, 2**40), max_pixels=widest)
