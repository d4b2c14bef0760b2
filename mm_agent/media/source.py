"""Where a picture comes from, read once from whatever the caller has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from mm_agent.errors import MediaDecodeError, MediaNotFound, MediaRefused
from mm_agent.media.words import quoted

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_FRAME = re.compile(r"(.+)@(\d{1,9}(?:\.\d+)?)s", re.IGNORECASE | re.ASCII)
_UNNAMED = "picture"


@dataclass(frozen=True)
class PathSource:
    """A local file."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name or _UNNAMED

    def video_and_seconds(self) -> tuple[PathSource, float] | None:
        """The two parts of ``clip.mp4@2.5s``, which names a frame of a file; None: it names a file only."""
        match = _FRAME.fullmatch(self.path.name)
        return (PathSource(self.path.with_name(match[1])), float(match[2])) if match else None


@dataclass(frozen=True)
class UrlSource:
    """An http(s) address."""

    url: str

    @property
    def name(self) -> str:
        """The last part of the address's path, else its host."""
        parts = urlsplit(self.url)
        return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or _UNNAMED


@dataclass(frozen=True)
class DataUriSource:
    """A ``data:`` URI, still encoded."""

    text: str
    name: str = _UNNAMED


@dataclass(frozen=True)
class BytesSource:
    """An encoded picture in memory."""

    data: bytes
    name: str = _UNNAMED


@dataclass(frozen=True, eq=False)
class PictureSource:
    """A Pillow picture or a numpy array."""

    picture: Image.Image | np.ndarray

    @property
    def name(self) -> str:
        """The name of the file a Pillow picture was opened from."""
        opened_from = getattr(self.picture, "filename", "")
        return PurePath(opened_from).name if isinstance(opened_from, str) and opened_from else _UNNAMED


Source = PathSource | UrlSource | DataUriSource | BytesSource | PictureSource


def parse_source(value: str | Path | bytes | bytearray | memoryview | Image.Image | np.ndarray) -> Source:
    """Tell what kind of source a value is; opens nothing.

    Args:
        value: A path, a ``file:``, ``http(s):`` or ``data:`` address, encoded bytes, a Pillow picture, or an
            array as `mm_agent.media.arrays` takes it.

    Raises:
        MediaNotFound: An empty text.
        MediaRefused: An address of another kind.
        MediaDecodeError: A value of another type.
    """
    if isinstance(value, str):
        return _parse_text(value.strip())
    if isinstance(value, Path):
        return PathSource(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return BytesSource(bytes(value))
    # Only now: naming a file must not load the imaging libraries.
    import numpy as np
    from PIL import Image

    if isinstance(value, Image.Image | np.ndarray):
        return PictureSource(value)
    raise MediaDecodeError(
        f"cannot read a picture from a {type(value).__name__}; pass a path, an http(s) or data: address, "
        "bytes, a PIL image or a numpy array"
    )


def _parse_text(text: str) -> Source:
    if not text:
        raise MediaNotFound(
            "the picture's name is empty; give a path, an http(s) or data: address, or a handle"
        )
    lower = text[:8].lower()
    if lower.startswith("data:"):
        return DataUriSource(text)
    if lower.startswith(("http://", "https://")):
        return UrlSource(text)
    if lower.startswith("file:"):
        return PathSource(_file_url_path(text))
    scheme = _SCHEME.match(text)
    if scheme:
        raise MediaRefused(
            f"{scheme[1].lower()}: addresses are not read, got {quoted(text)}; use http(s) or a file"
        )
    return PathSource(_at_home(text))


def _file_url_path(text: str) -> Path:
    parts = urlsplit(text)
    if parts.netloc.lower() not in ("", "localhost"):
        raise MediaRefused(f"{quoted(text)} names a file on another machine; use file:///path")
    path = url2pathname(parts.path)
    if not Path(path).is_absolute():
        raise MediaNotFound(f"{quoted(text)} is not absolute; write file:///path/to/picture.png")
    return Path(path)


def _at_home(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # "~nobody": no such user, so it can only be a file of that name
        return Path(text)
