"""Memories: SQLite files that several threads and processes share, PostgreSQL, and what goes wrong."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from mm_agent.agent import aask, build_agent
from mm_agent.agent.memory.memory import Memory, data_folder, new_thread_id, open_memory
from mm_agent.errors import ConversationError
from mm_agent.settings import load_settings
from tests.agent.memory.postgres import postgres_server
from tests.agent.memory.talking import open_at, questions, talk
from tests.agent.scripted import ScriptedModel
from tests.cli.conftest import spawn_environment


def use(place: str | Path) -> None:
    """What every kind of memory must do: remember, list, tell owners apart, forget; awaited or not."""
    memories: list[Memory] = []

    def opened() -> Memory:
        memories.append(open_at(place))
        return memories[-1]

    memory = opened()
    talk(memory, "aa11", "What is this?", "How many?")
    talk(memory, "bb22", "Where is it?")
    again = opened()
    assert questions(again, "aa11") == ["What is this?", "How many?"]
    assert [thread.title for thread in again.threads.all()] == ["Where is it?", "What is this?"]
    assert again.threads.find("aa").id == "aa11"

    other = again.owned_by("somebody else")
    assert other.threads.all() == []
    assert questions(other, "aa11") == []

    model = ScriptedModel(script=[AIMessage("awaited")])
    agent = build_agent(model, [], checkpointer=again.checkpointer)
    asyncio.run(aask(agent, "And now?", thread_id=again.key("aa11")))
    assert questions(opened(), "aa11") == ["What is this?", "How many?", "And now?"]

    again.delete("aa11")
    assert [thread.id for thread in opened().threads.all()] == ["bb22"]
    assert questions(opened(), "aa11") == []
    for one in memories:
        one.close()


def test_a_sqlite_file_keeps_conversations(tmp_path: Path) -> None:
    use(tmp_path / "made" / "talk.sqlite")


def test_a_postgres_server_keeps_conversations(tmp_path: Path) -> None:
    with postgres_server(tmp_path) as url:
        use(url)


def test_the_default_is_a_private_file_in_the_users_data_folder() -> None:
    memory = open_memory(load_settings())
    talk(memory, "aa11", "Hello?")
    folder = data_folder()
    assert str(folder).startswith(str(Path.home()))
    files = list(folder.rglob("*"))
    assert {file.name for file in files} >= {"conversations.sqlite", "conversations"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in [folder, *files])


def test_only_the_newest_state_of_a_thread_is_kept(tmp_path: Path) -> None:
    place = tmp_path / "talk.sqlite"
    talk(open_at(place), "aa11", *(f"question {number}" for number in range(10)))
    with sqlite3.connect(place) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)
    assert len(questions(open_at(place), "aa11")) == 10


def test_off_keeps_nothing() -> None:
    memory = open_at("off")
    talk(memory, "aa11", "Hello?")
    assert questions(memory, "aa11") == ["Hello?"]
    assert not memory.kept
    assert not data_folder().exists()


TALK = """
import sys
from tests.agent.memory.talking import open_at, talk
for number in range(8):
    talk(open_at(sys.argv[1]), f"{sys.argv[2]}-{number}", "first", "second")
"""


def test_processes_share_a_file_and_lose_nothing(tmp_path: Path) -> None:
    place = tmp_path / "talk.sqlite"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TALK, str(place), name], env=spawn_environment(), stderr=subprocess.PIPE
        )
        for name in ("a", "b", "c")
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    memory = open_at(place)
    names = {f"{name}-{number}" for name in ("a", "b", "c") for number in range(8)}
    assert {thread.id for thread in memory.threads.all()} == names
    assert all(questions(memory, name) == ["first", "second"] for name in names)


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    place = tmp_path / "notes.txt"
    place.write_text("not a database at all, only some words " * 50)
    with pytest.raises(ConversationError, match=r"notes\.txt.*not a database; set MM_AGENT_MEMORY"):
        open_at(place)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConversationError, match=r"cannot keep conversations in .*; set MM_AGENT_MEMORY"):
        open_at(tmp_path / "file" / "talk.sqlite")


def test_a_server_that_is_not_there_is_one_line_without_the_password() -> None:
    with pytest.raises(ConversationError, match="cannot keep conversations in PostgreSQL") as caught:
        open_at("postgresql://me:hush-hush@127.0.0.1:1/none")
    assert "hush-hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_ids_are_found_by_their_start_if_there_is_one(tmp_path: Path) -> None:
    memory = open_at(tmp_path / "talk.sqlite")
    for thread in ("ab11", "ab22"):
        memory.threads.put(thread, title="Hello", media=[])
    assert memory.threads.find("ab1").id == "ab11"
    with pytest.raises(ConversationError, match="2 conversations start with 'ab'"):
        memory.threads.find("ab")
    with pytest.raises(ConversationError, match="there is no conversation 'zz'"):
        memory.threads.find("zz")


def test_new_ids_differ() -> None:
    assert len({new_thread_id() for _ in range(100)}) == 100
