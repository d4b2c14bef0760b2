"""The bearer token of the HTTP server: where it is read from, and how a request's is compared with it."""

from __future__ import annotations

import hmac
import os
import stat
from pathlib import Path

from fastmcp.server.auth import AccessToken, TokenVerifier

from mm_agent.errors import SettingsError

VARIABLE = "MM_AGENT_MCP_TOKEN"
SHORTEST = 16
_HOW = "make one with: python -c 'import secrets; print(secrets.token_urlsafe())'"


class OneToken(TokenVerifier):
    """Accepts exactly one bearer token; comparing takes as long for a near miss as for any other."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        """The client, when its token is the right one."""
        if not hmac.compare_digest(token.encode(), self._token):
            return None
        return AccessToken(token=token, client_id="mm-agent", scopes=[])


def read_token(file: Path | None) -> str | None:
    """The token from a private file, else from the environment, else None.

    Raises:
        SettingsError: The file is missing or others can read it, or the token is too short or unfit for a
            header; the message never holds the token.
    """
    if file is None:
        where, text = VARIABLE, os.environ.get(VARIABLE, "")
        if not text.strip():
            return None
    else:
        where, text = str(file), _private_text(file)
    token = text.strip()
    if len(token) < SHORTEST:
        raise SettingsError(f"the token in {where} has fewer than {SHORTEST} characters; {_HOW}")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SettingsError(f"the token in {where} holds characters a header cannot carry; {_HOW}")
    return token


def _private_text(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(f"cannot read the token file {file}: {error.strerror}; check the path") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise SettingsError(f"others can read the token file {file}; run: chmod 600 {file}")
    return text
