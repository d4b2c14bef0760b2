"""The encoded bytes of a store's pictures and videos, kept on disk so that memory stays bounded."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
import tempfile
import threading
import weakref
from pathlib import Path
from typing import BinaryIO

from mm_agent.errors import MediaError, MediaNotFound
from mm_agent.media.atomic import write_atomic

_STEP = 1024 * 1024


class KeptFolder:
    """A private temporary folder, one file an item, removed when the owner is closed or collected."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._remove: weakref.finalize | None = None

    def __contains__(self, key: str) -> bool:
        return self.path(key).exists()

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""
        write_atomic(self.path(key), data, durable=False)

    def copy(self, stream: BinaryIO) -> str:
        """Keep a stream, piece by piece, under the SHA-256 of its bytes, which is returned.

        Raises:
            MediaError: It cannot be read, or there is no room.
        """
        draft, digest = self.path(f"{secrets.token_hex(8)}.part"), hashlib.sha256()
        try:
            with open(draft, "xb") as file:
                while piece := stream.read(_STEP):
                    digest.update(piece)
                    file.write(piece)
            kept = self.path(digest.hexdigest())
            if not kept.exists():
                draft.replace(kept)
        except OSError as error:
            raise MediaError(
                f"cannot keep a copy of the video: {error.strerror}; set TMPDIR to a folder with room"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        return digest.hexdigest()

    def get(self, key: str) -> bytes:
        """The bytes kept under a key.

        Raises:
            MediaNotFound: They are gone: the store was closed, or the temporary folder was cleaned up.
        """
        try:
            return self.path(key).read_bytes()
        except OSError as error:
            raise MediaNotFound("the stored picture is no longer there; add it again") from error

    def path(self, key: str) -> Path:
        """Where the bytes of a key are, or would be."""
        return self._made() / key

    def remove(self, key: str) -> None:
        """Keep a key no longer."""
        with contextlib.suppress(OSError):
            self.path(key).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the folder and all in it."""
        with self._lock:
            if self._remove is not None:
                self._remove()
            self._folder = self._remove = None

    def _made(self) -> Path:
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
