"""Who may use the web chat: anyone, whoever knows the token, or the users in a private file."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mm_agent.errors import SettingsError
from mm_agent.serve.token import private_text, read_token

VARIABLE = "MM_AGENT_WEB_TOKEN"
SHORTEST_PASSWORD = 8


@dataclass(frozen=True)
class Access:
    """What a visitor must know; nothing at all when both are empty. No secret is in the repr."""

    token: str | None = field(default=None, repr=False)
    users: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def open(self) -> bool:
        """Whether anyone who reaches the server may use it."""
        return self.token is None and not self.users

    def admits(self, user: str, secret: str) -> bool:
        """Whether this is the token, or a user's password; comparing takes as long for a near miss."""
        expected = self.users.get(user) if self.users else self.token
        # An unknown user costs the same comparison.
        known = hmac.compare_digest((expected or "").encode(), secret.encode())
        return known and expected is not None


def read_access(token_file: Path | None, users_file: Path | None) -> Access:
    """What the operator set up: users from their file, else a token from its file or the environment.

    Raises:
        SettingsError: A file is missing, others can read it, or what it holds is too short or malformed.
    """
    if users_file is not None:
        return Access(users=_users(users_file))
    return Access(token=read_token(token_file, VARIABLE))


def _users(file: Path) -> dict[str, str]:
    """Lines of ``name:password``; empty ones and those that start with # do not count."""
    users: dict[str, str] = {}
    for number, line in enumerate(private_text(file, "users").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, password = line.strip().partition(":")
        if not colon or not name:
            raise SettingsError(f"line {number} of {file} is not name:password")
        if len(password) < SHORTEST_PASSWORD:
            raise SettingsError(
                f"the password of {name} in {file} has fewer than {SHORTEST_PASSWORD} characters; "
                "choose a longer one"
            )
        users[name] = password
    if not users:
        raise SettingsError(f"there is no user in {file}; write lines of name:password")
    return users
