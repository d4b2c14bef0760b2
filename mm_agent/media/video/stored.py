"""The videos of a store: their files beside its pictures', their frames in its cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from PIL import Image

from mm_agent.errors import MediaError, MediaNotFound
from mm_agent.media.cache import PictureCache
from mm_agent.media.kept import KeptFolder
from mm_agent.media.policy import MediaPolicy

if TYPE_CHECKING:
    from mm_agent.media.video.video import Video


class StoredVideos:
    """Videos by the digest of their bytes; safe to share between threads."""

    def __init__(self, kept: KeptFolder, cache: PictureCache) -> None:
        self._kept = kept
        self._cache = cache
        self._videos: dict[str, Video] = {}

    def keep(self, stream: BinaryIO, policy: MediaPolicy) -> tuple[str, Video]:
        """Copy a video and look through it; one already here is not looked through again.

        Raises:
            MediaRefused: The policy says no.
            MediaDecodeError: As `mm_agent.media.video.open_video`.
            MediaError: There is no room for the copy.
        """
        # The decoder is loaded only when there is a video.
        from mm_agent.media.video.container import too_large
        from mm_agent.media.video.video import open_video

        size = stream.seek(0, 2)
        stream.seek(0)
        if size > policy.max_video_bytes:
            raise too_large(size, policy)
        digest = self._kept.copy(stream)
        if digest not in self._videos:
            try:
                self._videos[digest] = open_video(self._kept.path(digest), policy)
            except MediaError:
                self._kept.remove(digest)
                raise
        return digest, self._videos[digest]

    def get(self, digest: str) -> Video:
        """A video kept before.

        Raises:
            MediaNotFound: It is gone: the store was closed.
        """
        try:
            return self._videos[digest]
        except KeyError:
            raise MediaNotFound("the stored video is no longer there; add it again") from None

    def frame(self, digest: str, seconds: float) -> Image.Image:
        """The frame shown at a time; shared, not to be changed.

        Raises:
            MediaNotFound: A time outside the video.
            MediaDecodeError: It cannot be decoded.
        """
        video = self.get(digest)
        key = f"{digest}@{video.seconds_at(seconds)}"
        image = self._cache.get(key)
        if image is None:
            image = next(video.at([seconds])).image
            self._cache.put(key, image)
        return image

    def clear(self) -> None:
        """Forget all; the files go with the folder they are kept in."""
        self._videos.clear()
