"""FFmpeg on files from strangers: its many exceptions turned into ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from av.error import FFmpegError

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.words import one_line


@contextmanager
def ffmpeg_guard() -> Iterator[None]:
    """Run FFmpeg so that only MediaError comes out of it, whatever the file."""
    try:
        yield
    except MemoryError as error:
        raise MediaRefused("a frame of the video does not fit into memory; use a smaller video") from error
    except (FFmpegError, OSError, UnicodeError, OverflowError) as error:
        # PyAV adds the file's name, which here is that of a private copy.
        reason = one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__)
        raise MediaDecodeError(
            f"the video is damaged or incomplete ({reason}); save or download it again"
        ) from error
