"""A memory of conversations, opened from the settings: SQLite by default, PostgreSQL by URL, or off."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mm_agent.agent.memory.savers import (
    Fenced,
    FencedMemory,
    InThreads,
    SqliteMemory,
    connect_postgres,
    connect_sqlite,
)
from mm_agent.agent.memory.threads import ThreadList
from mm_agent.agent.memory.vault import MediaVault
from mm_agent.errors import ConversationError, MissingDependency

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.store.base import BaseStore

    from mm_agent.settings import Settings

OFF = "off"


@dataclass(frozen=True)
class Memory:
    """What was said, the list of conversations, and where their media are; of one owner.

    Attributes:
        checkpointer: For ``build_agent``; what was said, never a byte of a picture.
        store: What ``threads`` is kept in.
        folder: Where media and drawn pictures are; None: nothing outlives this process.
        max_media_bytes: Budget of the media.
        owner: Whose conversations these are; others' are not seen.
    """

    checkpointer: BaseCheckpointSaver[Any]
    store: BaseStore
    folder: Path | None = None
    max_media_bytes: int = 2 * 2**30
    owner: str = "me"

    @property
    def kept(self) -> bool:
        """Whether conversations outlive this process."""
        return self.folder is not None

    @property
    def threads(self) -> ThreadList:
        """The owner's conversations."""
        return ThreadList(self.store, self.owner)

    @property
    def vault(self) -> MediaVault | None:
        """Their pictures and videos."""
        return MediaVault(self.folder / "media", max_bytes=self.max_media_bytes) if self.folder else None

    def owned_by(self, owner: str) -> Self:
        """The same memory as another owner sees it."""
        return replace(self, owner=owner)

    def key(self, thread_id: str) -> str:
        """What the checkpointer calls a conversation of this owner."""
        return f"{self.owner}/{thread_id}"

    def drawn(self, thread_id: str) -> Path | None:
        """The folder of a conversation's heat maps and crops."""
        return self.folder / "drawn" / self.owner / thread_id if self.folder else None

    def tidy(self, thread_id: str) -> None:
        """Forget the states before the newest one."""
        if self.kept:
            self.checkpointer.prune([self.key(thread_id)])

    def close(self) -> None:
        """Close the connections; a pool to a server has threads that should end before the program does."""
        for part in (self.checkpointer, self.store):
            connection = getattr(part, "conn", None)
            if connection is not None:
                connection.close()

    def delete(self, thread_id: str) -> None:
        """Forget a conversation; its media go when the folder needs room."""
        self.checkpointer.delete_thread(self.key(thread_id))
        self.threads.delete(thread_id)
        if folder := self.drawn(thread_id):
            shutil.rmtree(folder, ignore_errors=True)


def new_thread_id() -> str:
    """An id short enough to type."""
    return secrets.token_hex(4)


def data_folder() -> Path:
    """The user's data folder of this program."""
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "mm-agent"


def open_memory(settings: Settings) -> Memory:
    """The memory that ``settings.memory`` names.

    Raises:
        ConversationError: It cannot be opened.
        MissingDependency: PostgreSQL without its driver.
    """
    place = settings.memory or str(data_folder() / "conversations.sqlite")
    if place == OFF:
        return memory_off()
    if place.startswith(("postgresql://", "postgres://")):
        memory = _postgres(place)
    else:
        memory = _sqlite(Path(place).expanduser())
    return replace(memory, max_media_bytes=settings.memory_media_bytes)


def memory_off() -> Memory:
    """A memory that ends with this process."""
    from langgraph.store.memory import InMemoryStore

    return Memory(FencedMemory(), InMemoryStore())


def _sqlite(path: Path) -> Memory:
    from langgraph.store.sqlite import SqliteStore

    try:
        checkpointer = SqliteMemory(connect_sqlite(path))
        checkpointer.setup()
        store = SqliteStore(connect_sqlite(path, autocommit=True))
        store.setup()
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConversationError(
            f"cannot keep conversations in {path}: {reason}; set MM_AGENT_MEMORY to another file, or to off"
        ) from error
    return Memory(checkpointer, store, _private(path.absolute().with_suffix("")))


def _postgres(url: str) -> Memory:
    try:
        import psycopg
        from langgraph.checkpoint.postgres import PostgresSaver
        from langgraph.store.postgres import PostgresStore
    except ImportError as error:
        raise MissingDependency(
            "conversations in PostgreSQL need its driver; install it: pip install 'mm-agent[postgres]'"
        ) from error

    class PostgresMemory(Fenced, InThreads, PostgresSaver):
        """Checkpoints in PostgreSQL."""

    try:
        pool = connect_postgres(url)
        checkpointer, store = PostgresMemory(pool), PostgresStore(pool)
        checkpointer.setup()
        store.setup()
    except psycopg.Error as error:
        # Not chained: the driver's trace may show the password of the URL.
        reason = " ".join(str(error).split())
        raise ConversationError(
            f"cannot keep conversations in PostgreSQL: {reason}; mend MM_AGENT_MEMORY, or set it to off"
        ) from None
    return Memory(checkpointer, store, _private(data_folder() / "postgres"))


def _private(folder: Path) -> Path:
    """A folder that only this user can look into; what is in it needs no care of its own."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise ConversationError(
            f"cannot keep media in {folder}: {error.strerror}; set MM_AGENT_MEMORY to another place or off"
        ) from error
    return folder
