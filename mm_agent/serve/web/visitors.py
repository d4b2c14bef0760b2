"""The browsers that use the web chat: each has a secret cookie, files of its own and one conversation."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.responses import Response

from mm_agent.serve.web.caps import Caps
from mm_agent.serve.web.chat import WebChat

COOKIE = "mm_agent_visitor"
_COOKIE_SECONDS = 30 * 24 * 3600


@dataclass
class Visitor:
    """One browser.

    Attributes:
        secret: What its cookie holds.
        user: Who logged in with it; empty without users.
        folder: Its files, and nobody else's.
        chat: Its conversation.
        uploads: Files it uploaded that no question has taken in yet.
        pages: Gradio's names of the tabs it has open.
    """

    secret: str = field(repr=False)
    user: str
    folder: Path
    chat: WebChat
    uploads: set[Path] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)
    seen: float = field(default_factory=time.monotonic)

    @property
    def shown(self) -> Path:
        """What its conversation shows."""
        return self.folder / "shown"

    def owns(self, path: Path) -> bool:
        """Whether a file is one of its own."""
        return path in self.uploads or path.is_relative_to(self.folder)

    def uploaded(self) -> int:
        """Bytes of its files."""
        kept = self.folder.rglob("*") if self.folder.is_dir() else ()
        return sum(path.stat().st_size for path in (*kept, *self.uploads) if path.is_file())


class Visitors:
    """All browsers, by cookie.

    Args:
        folder: Where their folders are made.
        make_chat: Makes a conversation whose files go into a folder.
        caps: How many are remembered, and for how long.
    """

    def __init__(self, folder: Path, make_chat: Callable[[Path], WebChat], caps: Caps) -> None:
        self._folder = folder
        self._make_chat = make_chat
        self._caps = caps
        self._all: dict[str, Visitor] = {}
        self._lock = threading.Lock()

    def find(self, secret: str | None) -> Visitor | None:
        """The browser with this cookie."""
        with self._lock:
            visitor = self._all.get(secret or "")
            if visitor is not None:
                visitor.seen = time.monotonic()
            return visitor

    def welcome(self, user: str = "") -> Visitor:
        """A browser that was not here before; those long away are forgotten to make room."""
        folder = self._folder / secrets.token_hex(16)
        visitor = Visitor(secrets.token_urlsafe(32), user, folder, self._make_chat(folder / "shown"))
        with self._lock:
            gone = self._stale()
            for other in gone:
                del self._all[other.secret]
            self._all[visitor.secret] = visitor
        for other in gone:
            _forget(other)
        return visitor

    def claim(self, visitor: Visitor, page: str) -> bool:
        """Note that a tab is this browser's; False when it is another's."""
        with self._lock:
            if any(page in other.pages for other in self._all.values() if other is not visitor):
                return False
            visitor.pages.add(page)
            return True

    def close(self) -> None:
        """Forget everyone."""
        with self._lock:
            everyone = list(self._all.values())
            self._all.clear()
        for visitor in everyone:
            _forget(visitor)

    def _stale(self) -> list[Visitor]:
        now = time.monotonic()
        oldest = sorted(self._all.values(), key=lambda visitor: visitor.seen)
        surplus = len(oldest) + 1 - self._caps.visitors
        return [
            visitor
            for rank, visitor in enumerate(oldest)
            if rank < surplus or now - visitor.seen > self._caps.idle_seconds
        ]


def cookie(visitor: Visitor, *, https: bool) -> str:
    """The header that makes a browser known; scripts cannot read it, other sites cannot send it along."""
    response = Response()
    response.set_cookie(
        COOKIE,
        visitor.secret,
        max_age=_COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=https,
    )
    return response.headers["set-cookie"]


def _forget(visitor: Visitor) -> None:
    visitor.chat.clear()
    for path in visitor.uploads:
        path.unlink(missing_ok=True)
    shutil.rmtree(visitor.folder, ignore_errors=True)
