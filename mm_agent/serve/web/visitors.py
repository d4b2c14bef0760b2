"""Those who use the web chat: each has files of its own and one conversation, and is known by a cookie."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mm_agent.serve.web.caps import Caps
from mm_agent.serve.web.chat import WebChat
from mm_agent.serve.web.passes import Identity, Passes
from mm_agent.serve.web.shelf import Place, Shelf

_TIDY_SECONDS = 60.0


@dataclass
class Visitor:
    """A browser, or a user with all of theirs.

    Attributes:
        identity: Who it is.
        place: Where its conversation and files are kept, and nobody else's.
        chat: Its conversation.
        uploads: Files it uploaded that no question has taken in yet.
        pages: Gradio's names of the tabs it has open.
    """

    identity: Identity = field(repr=False)
    place: Place
    chat: WebChat
    uploads: set[Path] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)
    seen: float = field(default_factory=time.monotonic)

    @property
    def shown(self) -> Path:
        """What its conversation shows."""
        return self.place.shown

    def owns(self, path: Path) -> bool:
        """Whether a file is one that it brought."""
        return path in self.uploads

    def uploaded(self) -> int:
        """Bytes of its files."""
        kept = self.place.media.iterdir() if self.place.media.is_dir() else ()
        return sum(path.stat().st_size for path in (*kept, *self.uploads) if path.is_file())

    def leave(self) -> None:
        """Let go of what it holds in memory; its conversation stays kept."""
        self.chat.close()
        for path in self.uploads:
            path.unlink(missing_ok=True)


class Visitors:
    """All of them, by owner.

    Args:
        shelf: Where their conversations are kept.
        passes: Their cookies.
        make_chat: Makes the conversation of a place.
        caps: How many are held in memory, and for how long.
    """

    def __init__(
        self, shelf: Shelf, passes: Passes, make_chat: Callable[[Place], WebChat], caps: Caps
    ) -> None:
        self.passes = passes
        self._shelf = shelf
        self._make_chat = make_chat
        self._caps = caps
        self._all: dict[str, Visitor] = {}
        self._lock = threading.Lock()
        self._tidied = time.monotonic()

    def find(self, cookie: str | None) -> Visitor | None:
        """Whose cookie this is, with the conversation as it was left; None: it is no cookie of ours."""
        identity = self.passes.read(cookie)
        return None if identity is None else self._of(identity)

    def welcome(self, user: str = "") -> Visitor:
        """Somebody who just came in: a browser that was not here before, or a user."""
        return self._of(self.passes.newcomer(user))

    def claim(self, visitor: Visitor, page: str) -> bool:
        """Note that a tab is this visitor's; False when it is another's."""
        with self._lock:
            if any(page in other.pages for other in self._all.values() if other is not visitor):
                return False
            visitor.pages.add(page)
            return True

    def tidy(self) -> None:
        """Forget the conversations that have to go."""
        for owner in self._shelf.surplus():
            with self._lock:
                visitor = self._all.pop(owner, None)
            if visitor is not None:
                visitor.leave()
            self._shelf.place(owner).clear()

    def close(self) -> None:
        """Let everyone go; what is kept stays kept."""
        with self._lock:
            everyone = list(self._all.values())
            self._all.clear()
        _let_go(everyone)

    def _of(self, identity: Identity) -> Visitor:
        owner = identity.owner
        with self._lock:
            visitor = self._all.get(owner)
            if visitor is not None:
                visitor.seen = time.monotonic()
                return visitor
            gone = self._stale()
            for other in gone:
                del self._all[other.identity.owner]
            place = self._shelf.place(owner)
            self._all[owner] = visitor = Visitor(identity, place, self._make_chat(place))
            untidy = time.monotonic() - self._tidied > _TIDY_SECONDS
            if untidy:
                self._tidied = time.monotonic()
        # Nobody waits for answers that are stopped, nor for files that are looked through.
        if gone:
            threading.Thread(target=_let_go, args=(gone,), daemon=True).start()
        if untidy:
            threading.Thread(target=self.tidy, daemon=True).start()
        return visitor

    def _stale(self) -> list[Visitor]:
        """Those to let go: too many, or long away."""
        now = time.monotonic()
        oldest = sorted(self._all.values(), key=lambda visitor: visitor.seen)
        surplus = len(oldest) + 1 - self._caps.visitors
        return [
            visitor
            for rank, visitor in enumerate(oldest)
            if not visitor.chat.running and (rank < surplus or now - visitor.seen > self._caps.idle_seconds)
        ]


def _let_go(visitors: Iterable[Visitor]) -> None:
    for visitor in visitors:
        visitor.leave()
