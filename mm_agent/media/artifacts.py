"""Files a tool makes for people to open: heat maps, crops, saved features."""

from __future__ import annotations

import re
import tempfile
import threading
from pathlib import Path

from mm_agent.errors import MediaError
from mm_agent.media.atomic import write_atomic

_UNSAFE = re.compile(r"[^\w.,@+=()-]+")


class ArtifactFolder:
    """One folder of artifacts; the temporary one is made on first use and left for the person to open."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """The folder; it exists."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="mm-agent-"))
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise MediaError(
                    f"cannot make the artifact folder {self._folder}: {error.strerror}; choose another"
                ) from error
            return self._folder

    def save(self, name: str, data: bytes) -> Path:
        """Write a file atomically; another content under a name already taken gets a number.

        So a path handed out before keeps showing what it showed.
        """
        folder, wanted = self.path, Path(safe_name(name))
        with self._lock:
            number, path = 1, folder / wanted
            while path.exists():
                if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
                    return path
                number += 1
                path = folder / f"{wanted.stem}-{number}{wanted.suffix}"
            write_atomic(path, data)
            return path


def safe_name(name: str) -> str:
    """A file name from any text: no folders, no leading dots, nothing a shell or another system minds."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    clean = _UNSAFE.sub("-", last).strip(".- ")
    stem, dot, suffix = clean.rpartition(".")
    # File systems count bytes, most allow 255; a letter may take four.
    return (f"{stem[:48]}.{suffix[:12]}" if dot else clean[:48]) or "artifact"
