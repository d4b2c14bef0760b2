"""The bearer token of the MCP server: how a request's is compared with it."""

from __future__ import annotations

import hmac
from pathlib import Path

from fastmcp.server.auth import AccessToken, TokenVerifier

from mm_agent.serve import token as tokens

VARIABLE = "MM_AGENT_MCP_TOKEN"


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
        SettingsError: As `mm_agent.serve.token.read_token`.
    """
    return tokens.read_token(file, VARIABLE)
