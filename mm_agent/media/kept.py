"""The encoded bytes of a store's pictures, kept on disk so that memory stays bounded."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from pathlib import Path

from mm_agent.errors import MediaError, MediaNotFound
from mm_agent.media.atomic import write_atomic


class KeptFolder:
    """A private temporary folder, one file a picture, removed when the owner is closed or collected."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._remove: weakref.finalize | None = None

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""
        write_atomic(self._path() / key, data, durable=False)

    def get(self, key: str) -> bytes:
        """The bytes kept under a key.

        Raises:
            MediaNotFound: They are gone: the store was closed, or the temporary folder was cleaned up.
        """
        try:
            return (self._path() / key).read_bytes()
        except OSError as error:
            raise MediaNotFound("the stored picture is no longer there; add it again") from error

    def close(self) -> None:
        """Remove the folder and all in it."""
        with self._lock:
            if self._remove is not None:
                self._remove()
            self._folder = self._remove = None

    def _path(self) -> Path:
        with self._lock:
            if self._folder is None:
                try:
                    # Readable by this user only: pictures may be private.
                    self._folder = Path(tempfile.mkdtemp(prefix="mm-agent-kept-"))
                except OSError as error:
                    raise MediaError(
                        f"cannot make a temporary folder: {error.strerror}; set TMPDIR to one with room"
                    ) from error
                self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            return self._folder
