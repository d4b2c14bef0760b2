"""The list of kept conversations: titles, times and media, on a LangGraph store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mm_agent.errors import ConversationError
from mm_agent.media.item import MediaItem

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

_TITLE_LENGTH = 60
_MOST_LISTED = 1000


@dataclass(frozen=True)
class Thread:
    """A kept conversation; times are ISO 8601 in UTC."""

    id: str
    title: str
    created: str
    updated: str
    media: tuple[MediaItem, ...] = ()


class ThreadList:
    """The conversations of one owner."""

    def __init__(self, store: BaseStore, owner: str) -> None:
        self._store = store
        self._space = ("mm-agent", "threads", owner)

    def all(self) -> list[Thread]:
        """The newest first."""
        found = self._store.search(self._space, limit=_MOST_LISTED)
        return sorted((_thread(item.key, item.value) for item in found), key=_age, reverse=True)

    def get(self, thread_id: str) -> Thread | None:
        """The conversation of that id."""
        item = self._store.get(self._space, thread_id)
        return _thread(item.key, item.value) if item else None

    def find(self, start: str) -> Thread:
        """The conversation whose id starts like that.

        Raises:
            ConversationError: There is none, or more than one.
        """
        if exact := self.get(start):
            return exact
        found = [thread for thread in self.all() if start and thread.id.startswith(start)]
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} conversations start with" if found else "there is no conversation"
        raise ConversationError(f"{what} {start!r}; see /threads in mm-agent chat for those that are kept")

    def put(self, thread_id: str, *, title: str, media: Sequence[MediaItem]) -> None:
        """Note that something happened; a title that is there stays."""
        before, now = self.get(thread_id), datetime.now(UTC).isoformat(timespec="milliseconds")
        value = {
            "title": before.title if before else " ".join(title.split())[:_TITLE_LENGTH],
            "created": before.created if before else now,
            "updated": now,
            "media": [asdict(item) for item in media],
        }
        self._store.put(self._space, thread_id, value)

    def delete(self, thread_id: str) -> None:
        """Take it off the list."""
        self._store.delete(self._space, thread_id)


def _thread(thread_id: str, value: dict[str, Any]) -> Thread:
    media = tuple(MediaItem(**{**entry, "notes": tuple(entry["notes"])}) for entry in value["media"])
    return Thread(thread_id, value["title"], value["created"], value["updated"], media)


def _age(thread: Thread) -> str:
    return thread.updated
