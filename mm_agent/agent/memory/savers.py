"""Checkpointers that serve threads and event loops alike: SQLite in one private file, and PostgreSQL.

LangGraph's own classes are either for threads or for event loops; an agent here is used from both.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver

from mm_agent.agent.stoppable import is_given_up
from mm_agent.errors import Stopped

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg_pool import ConnectionPool

BUSY_SECONDS = 30.0
"""How long to wait for another process that is writing."""


class Fenced(BaseCheckpointSaver[Any]):
    """Takes nothing from a run that was given up: the conversation has gone on without it."""

    def put(self, *args: Any, **kwargs: Any) -> RunnableConfig:
        """As the checkpointer's own.

        Raises:
            Stopped: The run was given up.
        """
        _refuse_the_given_up()
        return super().put(*args, **kwargs)

    def put_writes(self, *args: Any, **kwargs: Any) -> None:
        """As the checkpointer's own.

        Raises:
            Stopped: The run was given up.
        """
        _refuse_the_given_up()
        super().put_writes(*args, **kwargs)


def _refuse_the_given_up() -> None:
    if is_given_up():
        raise Stopped("stopped")


class FencedMemory(Fenced, InMemorySaver):
    """Checkpoints in this process."""


class InThreads(BaseCheckpointSaver[Any]):
    """The async methods of a checkpointer as its sync ones in a thread."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """As ``get_tuple``."""
        return await asyncio.to_thread(self.get_tuple, config)

    async def alist(self, config: RunnableConfig | None, **wishes: Any) -> AsyncIterator[CheckpointTuple]:
        """As ``list``."""
        for found in await asyncio.to_thread(lambda: [*self.list(config, **wishes)]):
            yield found

    async def aput(self, *args: Any, **kwargs: Any) -> RunnableConfig:
        """As ``put``."""
        return await asyncio.to_thread(self.put, *args, **kwargs)

    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        """As ``put_writes``."""
        await asyncio.to_thread(self.put_writes, *args, **kwargs)

    async def adelete_thread(self, thread_id: str) -> None:
        """As ``delete_thread``."""
        await asyncio.to_thread(self.delete_thread, thread_id)


class SqliteMemory(Fenced, InThreads, SqliteSaver):
    """Checkpoints in a SQLite file."""

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Forget all but the newest checkpoint of each thread: every one holds the whole conversation."""
        if strategy != "keep_latest":
            raise ValueError(
                f"strategy must be keep_latest, got {strategy!r}; use delete_thread for the rest"
            )
        newest = "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?1 AND checkpoint_ns = '')"
        with self.cursor() as cursor:
            for thread_id in thread_ids:
                for table in ("checkpoints", "writes"):
                    cursor.execute(
                        f"DELETE FROM {table} WHERE thread_id = ?1 AND checkpoint_id < {newest}", (thread_id,)
                    )


def connect_sqlite(path: Path, *, autocommit: bool = False) -> sqlite3.Connection:
    """Open a database that only this user can read; several threads and processes may share the file.

    Raises:
        OSError: The folder or file cannot be made.
        sqlite3.Error: It is no database.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # SQLite gives its -wal and -shm files the permissions of the database. A file that is there must not be
    # opened beside SQLite: closing it would drop this process's locks on it (sqlite.org/howtocorrupt.html).
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        check_same_thread=False,
        isolation_level=None if autocommit else "DEFERRED",
    )
    # Safe with a write-ahead log: a power cut may cost the last turn, never the file.
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def connect_postgres(url: str) -> ConnectionPool[Connection[dict[str, Any]]]:
    """Open a pool of connections, made again when the server has dropped them.

    Raises:
        psycopg.Error: The server refuses or cannot be reached.
    """
    import psycopg
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    kwargs: dict[str, Any] = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    psycopg.connect(url, connect_timeout=10).close()  # the pool would hide why it cannot connect
    pool: Any = ConnectionPool(
        url, min_size=1, max_size=4, kwargs=kwargs, check=ConnectionPool.check_connection, open=True
    )
    return pool
