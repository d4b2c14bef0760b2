"""Where conversations are kept: a folder each, beside the memory of what the chat models know of them."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mm_agent.agent.memory.memory import OFF, Memory, open_memory
from mm_agent.errors import MediaError
from mm_agent.media.atomic import write_atomic
from mm_agent.serve.web.caps import Caps
from mm_agent.serve.web.passes import SECONDS, server_key
from mm_agent.serve.web.turn_json import turn_from_json, turn_to_json

if TYPE_CHECKING:
    from mm_agent.serve.web.turn import Turn
    from mm_agent.settings import Settings

log = logging.getLogger(__name__)

_CONVERSATION = "conversation.json"


@dataclass
class Kept:
    """A conversation as the page shows it.

    Attributes:
        thread: What the memory calls it.
        llm: Spec of its chat model.
        vision: Spec of its vision model.
        turns: What was asked and answered.
    """

    thread: str
    llm: str
    vision: str
    turns: list[Turn] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """One owner's conversation on disk; all of it is in ``folder`` and in the owner's part of ``memory``."""

    folder: Path
    memory: Memory

    @property
    def shown(self) -> Path:
        """The pictures and videos that the page shows."""
        return self.folder / "shown"

    @property
    def media(self) -> Path:
        """The files that were uploaded."""
        return self.folder / "media"

    def read(self) -> Kept | None:
        """The conversation; None: there is none, or none that can be read."""
        try:
            data = json.loads((self.folder / _CONVERSATION).read_bytes())
            turns = [turn_from_json(turn, self.shown) for turn in data["turns"]]
            return Kept(data["thread"], data["llm"], data["vision"], turns)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            log.warning("a kept conversation cannot be read: %s", self.folder, exc_info=True)
            return None

    def write(self, kept: Kept, *, durable: bool = True) -> None:
        """Keep the conversation as it is now; a full disk costs its being kept, not the answer.

        Args:
            kept: The conversation.
            durable: Wait until it would survive a power cut.
        """
        data: dict[str, Any] = {"thread": kept.thread, "llm": kept.llm, "vision": kept.vision}
        data["turns"] = [turn_to_json(turn) for turn in kept.turns]
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            text = json.dumps(data, ensure_ascii=False)
            write_atomic(self.folder / _CONVERSATION, text.encode(), durable=durable)
        except (OSError, MediaError) as error:
            log.warning("a conversation could not be kept: %s", error)

    def clear(self) -> None:
        """Forget the conversation and all its files."""
        for thread in self.memory.threads.all():
            self.memory.delete(thread.id)
        shutil.rmtree(self.folder, ignore_errors=True)


class Shelf:
    """All places, by owner.

    Args:
        memory: What the chat models know of the conversations.
        folder: Of the places, and of the server's key.
        caps: How many conversations there may be, and how large they may grow together.
    """

    def __init__(self, memory: Memory, folder: Path, caps: Caps) -> None:
        self._memory = memory
        self._folder = folder
        self._caps = caps

    @cached_property
    def key(self) -> bytes:
        """What the server signs its cookies with."""
        return server_key(self._folder / "key")

    def place(self, owner: str) -> Place:
        """An owner's place, whether or not there is anything in it."""
        folder = self._folder / owner
        room = min(self._caps.total_bytes, self._memory.max_media_bytes)
        memory = replace(self._memory.owned_by(f"web-{owner}"), folder=folder, max_media_bytes=room)
        return Place(folder, memory)

    def surplus(self) -> list[str]:
        """Owners whose conversations have to go: unused for too long, or the longest unused of too many."""
        kept = sorted(self._kept(), reverse=True)
        oldest = time.time() - SECONDS
        gone, room = [], self._memory.max_media_bytes
        for rank, (used, size, owner) in enumerate(kept):
            room -= size
            if used < oldest or rank >= self._caps.conversations or (rank and room < 0):
                gone.append(owner)
        return gone

    def _kept(self) -> Iterator[tuple[float, int, str]]:
        """When each conversation was last used, its bytes, and whose it is."""
        for file in self._folder.glob(f"*/{_CONVERSATION}"):
            try:
                sizes = [part.stat().st_size for part in file.parent.rglob("*") if part.is_file()]
                yield file.stat().st_mtime, sum(sizes), file.parent.name
            except FileNotFoundError:
                continue  # it is being cleared


@contextmanager
def open_shelf(settings: Settings, folder: Path, caps: Caps) -> Iterator[tuple[Shelf, str | None]]:
    """The shelf that the settings name; with the memory off, or taken by another server, one in ``folder``.

    Returns:
        The shelf, and a line to tell the operator when it does not outlive this server against the settings.

    Raises:
        ConversationError: The memory cannot be opened.
    """
    passing = settings.model_copy(update={"memory": str(folder / "conversations.sqlite")})
    memory = open_memory(passing if settings.memory == OFF else settings)
    place, note = _web_folder(memory), None
    lock = _locked(place)
    if lock is None:
        note = (
            f"another web chat keeps its conversations in {place}, so those of this one end with it; "
            "set MM_AGENT_MEMORY to another file to keep them too"
        )
        memory.close()
        memory = open_memory(passing)
        place = _web_folder(memory)
    try:
        yield Shelf(memory, place, caps), note
    finally:
        memory.close()
        if lock is not None:
            lock.close()


def _web_folder(memory: Memory) -> Path:
    assert memory.folder is not None
    folder = memory.folder / "web"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _locked(folder: Path) -> sqlite3.Connection | None:
    """A lock that ends with this process; None: another one holds it."""
    lock = sqlite3.connect(folder / "lock", timeout=0, isolation_level=None, check_same_thread=False)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        lock.close()
        return None
    return lock
