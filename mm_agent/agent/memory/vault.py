"""The pictures and videos of kept conversations: their bytes, by content, in a private folder of bounded size."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path

from mm_agent.media.item import MediaItem


class MediaVault:
    """One file a picture or video, named by its digest, so that conversations share it.

    Copies are kept, not paths: the original may be moved, changed, or a paste that never was a file. When the
    folder outgrows its budget, what was not used for longest goes first.

    Args:
        folder: Made when first needed; its files are readable by this user only.
        max_bytes: Budget of the whole folder; a larger single file is not kept at all.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    def keep(self, item: MediaItem, file: Path) -> bool:
        """Keep a copy of a file's bytes; False: it is too large, or there is no room on the disk."""
        if self.find(item) is not None:
            return True
        try:
            if file.stat().st_size > self.max_bytes:
                return False
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._copy(file, self.folder / item.sha256)
        except OSError:
            return False
        self._make_room(but=item.sha256)
        return True

    def find(self, item: MediaItem) -> Path | None:
        """The file of a picture or video, marked as used; None: it is not here."""
        path = self.folder / item.sha256
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def _copy(self, file: Path, target: Path) -> None:
        """Copy in one step as others see it, readable by this user only."""
        draft = self.folder / f".{secrets.token_hex(8)}.part"
        try:
            with (
                open(file, "rb") as source,
                open(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as copy,
            ):
                shutil.copyfileobj(source, copy)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def _make_room(self, *, but: str) -> None:
        """Remove what was not used for longest until the rest fits; other processes may do the same."""
        sizes: list[tuple[float, int, Path]] = []
        for path in self.folder.iterdir():
            with contextlib.suppress(OSError):
                found = path.stat()
                sizes.append((found.st_mtime, found.st_size, path))
        total = sum(size for _, size, _ in sizes)
        for _, size, path in sorted(sizes):
            if total <= self.max_bytes:
                return
            if path.name != but:
                path.unlink(missing_ok=True)
                total -= size
