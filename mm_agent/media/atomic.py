"""Files that are either there in full or not there at all."""

from __future__ import annotations

import contextlib
import os
import secrets
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
