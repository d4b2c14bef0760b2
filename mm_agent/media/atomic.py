"""Files and folders that are either there in full or not there at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from mm_agent.errors import MediaError


def write_atomic(path: str | Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part; makes missing folders.

    Args:
        path: The file.
        data: All of its content.
        durable: Wait until the disk has it, so that it survives a power cut; a cache need not.

    Raises:
        MediaError: The file cannot be written there.
    """
    target = Path(path)
    # Beside the target: a rename is atomic only within one file system.
    draft = target.with_name(f".{target.name[:80]}.{secrets.token_hex(6)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(draft, "xb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(draft, target)
    except OSError as error:
        raise MediaError(
            f"cannot write {target}: {error.strerror or error}; choose another file or folder"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """A folder to fill that takes its place when the block ends, and leaves no trace when it fails.

    Args:
        path: The folder; one that is there already is replaced as a whole.

    Raises:
        MediaError: The folder cannot be written there, or ``path`` is a file.
    """
    target = Path(path)
    draft, old = (
        target.with_name(f".{target.name[:80]}.{secrets.token_hex(6)}.{end}") for end in ("part", "old")
    )
    try:
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(None, "it is a file")
        draft.mkdir(parents=True)
        yield draft
        for file in draft.rglob("*"):
            if file.is_file():
                _flush(file)
        if target.exists():
            os.replace(target, old)  # a folder that is not empty cannot be replaced in one step
        os.replace(draft, target)
    except OSError as error:
        if old.exists() and not target.exists():
            os.replace(old, target)
        raise MediaError(
            f"cannot write {target}: {error.strerror or error}; choose another folder"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _flush(file: Path) -> None:
    with open(file, "rb") as opened:
        os.fsync(opened.fileno())
