"""Local files, under the policy's roots."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from mm_agent.errors import MediaNotFound, MediaRefused
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.words import quoted, size_words

# Where a file can be opened part by part from its root, a folder swapped for a link meanwhile is noticed.
_STEPWISE = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "O_DIRECTORY")


def open_file(path: Path, policy: MediaPolicy) -> BinaryIO:
    """Open a file the policy allows, whatever its size.

    Links are followed before the roots are checked, so a link out of a root is refused, and a file outside
    them is refused the same way whether it exists or not.

    Raises:
        MediaNotFound: No such file, or it may not be read.
        MediaRefused: Outside the roots, or not a regular file.
    """
    if policy.roots == ():
        raise MediaRefused(
            f"local files are not read here, got {quoted(str(path))}; use a handle from this conversation"
        )
    try:
        real = path.resolve()
        descriptor = _open(real, _root_of(real, path, policy))
    except (OSError, RuntimeError, ValueError) as error:  # also: a loop of links, a name no file system takes
        reason = getattr(error, "strerror", None) or str(error)
        raise MediaNotFound(f"cannot open the file {quoted(str(path))}: {reason}; check its path") from error
    try:
        _check_kind(os.fstat(descriptor), path)
    except MediaRefused:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_whole(file: BinaryIO, path: Path, policy: MediaPolicy) -> bytes:
    """The content of an open file, at most one byte more than allowed: it may grow, or state no size at all.

    Raises:
        MediaNotFound: It cannot be read.
        MediaRefused: Larger than ``max_bytes``.
    """
    stated = os.fstat(file.fileno()).st_size
    if stated > policy.max_bytes:
        raise _too_large(path, stated, policy)
    try:
        data = file.read(policy.max_bytes + 1)
    except OSError as error:
        raise MediaNotFound(f"cannot read the file {quoted(str(path))}: {error.strerror}") from error
    if len(data) > policy.max_bytes:
        raise _too_large(path, len(data), policy)
    return data


def _root_of(real: Path, path: Path, policy: MediaPolicy) -> Path | None:
    if policy.roots is None:
        return None
    for root in policy.roots:
        if real.is_relative_to(root):
            return root
    allowed = ", ".join(map(str, policy.roots))
    raise MediaRefused(
        f"{quoted(str(path))} lies outside the folders that may be read ({allowed}); "
        "move it there or add its folder to MM_AGENT_MEDIA_ROOTS"
    )


def _open(real: Path, root: Path | None) -> int:
    # O_NONBLOCK: opening a named pipe must not wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if root is None or not _STEPWISE:
        return os.open(real, flags)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *folders, name = real.relative_to(root).parts or (".",)
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)


def _check_kind(status: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise MediaRefused(f"{quoted(str(path))} is a folder; name one picture in it")
    if not stat.S_ISREG(status.st_mode):
        raise MediaRefused(f"{quoted(str(path))} is not a regular file; name a picture file")


def _too_large(path: Path, size: int, policy: MediaPolicy) -> MediaRefused:
    return MediaRefused(
        f"{quoted(str(path))} is {size_words(size)}, the limit is {size_words(policy.max_bytes)}; "
        "use a smaller picture or raise max_bytes"
    )
