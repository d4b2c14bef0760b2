"""Cookies this server signed: they say who a browser is, also after the server was started again."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from mm_agent.serve.web.access import Access

SECONDS = 30 * 24 * 3600
"""How long a browser is known after its last visit, and a conversation kept after its last use."""
_KEY_BYTES = 32


@dataclass(frozen=True)
class Identity:
    """Whose a conversation is: a user's, or else one browser's.

    Attributes:
        user: The name logged in with; empty without users.
        browser: Random, and known to that browser alone; empty for a user, who may have several.
    """

    user: str = ""
    browser: str = ""

    @property
    def owner(self) -> str:
        """What the conversation is kept under; tells nothing of who it is."""
        kind, name = ("user", self.user) if self.user else ("browser", self.browser)
        return hashlib.sha256(f"{kind}:{name}".encode()).hexdigest()[:32]


class Passes:
    """Makes and reads the cookies.

    A cookie holds an identity and when it ends, signed with the server's key and with the secret that let its
    holder in: it ends too when the token or the user's password changes.

    Args:
        key: The server's own.
        access: What a visitor must know.
    """

    def __init__(self, key: bytes, access: Access) -> None:
        self._key = key
        self._access = access
        # Cookies know no ports: two servers of one machine must not overwrite each other's.
        self.name = f"mm_agent_{hashlib.sha256(key).hexdigest()[:8]}"

    def newcomer(self, user: str = "") -> Identity:
        """Somebody who just came in; without users, a browser that was not here before."""
        return Identity(user=user) if self._access.users else Identity(browser=secrets.token_urlsafe(32))

    def issue(self, identity: Identity) -> str:
        """The cookie's value."""
        ends = int(time.time()) + SECONDS
        name = urlsafe_b64encode((identity.user or identity.browser).encode()).decode()
        return f"{name}.{ends}.{self._signature(identity, ends)}"

    def header(self, identity: Identity, *, https: bool) -> str:
        """The header that makes a browser known; scripts cannot read it, other sites cannot send it along."""
        response = Response()
        response.set_cookie(
            self.name, self.issue(identity), max_age=SECONDS, httponly=True, samesite="lax", secure=https
        )
        return response.headers["set-cookie"]

    def read(self, cookie: str | None) -> Identity | None:
        """Who a cookie is about; None: not signed here, out of date, or of a secret that has changed."""
        try:
            name, ends, signature = (cookie or "").split(".")
            said = urlsafe_b64decode(name).decode()
            until = int(ends)
        except ValueError:
            return None
        identity = Identity(user=said) if self._access.users else Identity(browser=said)
        if identity.user and identity.user not in self._access.users:
            return None
        genuine = hmac.compare_digest(self._signature(identity, until), signature)
        return identity if genuine and time.time() < until else None

    def _signature(self, identity: Identity, ends: int) -> str:
        secret = self._access.users.get(identity.user) if identity.user else self._access.token
        message = "\0".join((identity.user, identity.browser, str(ends), secret or ""))
        return hmac.new(self._key, message.encode(), hashlib.sha256).hexdigest()


def server_key(file: Path) -> bytes:
    """The key kept in a private file; made when there is none."""
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) == _KEY_BYTES:
            return key
        file.unlink()
        return server_key(file)
    with open(descriptor, "wb") as opened:
        key = secrets.token_bytes(_KEY_BYTES)
        opened.write(key)
    return key
