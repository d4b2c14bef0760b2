"""Secrets of a server: read from a private file or the environment, never shown."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mm_agent.errors import SettingsError

SHORTEST = 16
_HOW = "make one with: python -c 'import secrets; print(secrets.token_urlsafe())'"


def read_token(file: Path | None, variable: str) -> str | None:
    """The token from a private file, else from the environment, else None.

    Raises:
        SettingsError: The file is missing or others can read it, or the token is too short or unfit for a
            header; the message never holds the token.
    """
    if file is None:
        where, text = variable, os.environ.get(variable, "")
        if not text.strip():
            return None
    else:
        where, text = str(file), private_text(file, "token")
    token = text.strip()
    if len(token) < SHORTEST:
        raise SettingsError(f"the token in {where} has fewer than {SHORTEST} characters; {_HOW}")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SettingsError(f"the token in {where} holds characters a header cannot carry; {_HOW}")
    return token


def private_text(file: Path, what: str) -> str:
    """The text of a file that only its owner can read.

    Raises:
        SettingsError: It is missing, or others can read it.
    """
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(
            f"cannot read the {what} file {file}: {error.strerror}; check the path"
        ) from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise SettingsError(f"others can read the {what} file {file}; run: chmod 600 {file}")
    return text
