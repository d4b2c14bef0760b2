"""A visitor's conversation without a page: models that are being loaded, and what outlives a server."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from mm_agent.agent import load_chat_model
from mm_agent.agent.memory.memory import open_memory
from mm_agent.errors import LLMSpecError
from mm_agent.serve.session import ChatSession
from mm_agent.serve.web.access import Access
from mm_agent.serve.web.caps import Caps
from mm_agent.serve.web.chat import Upload, WebChat
from mm_agent.serve.web.choice import Choices
from mm_agent.serve.web.passes import SECONDS, Passes
from mm_agent.serve.web.shelf import Place, Shelf, open_shelf
from mm_agent.serve.web.visitors import Visitors
from mm_agent.settings import Settings, load_settings
from mm_agent.vision import SiglipEncoder
from tests.agent.scripted import ScriptedModel

EXAMPLES = Path(__file__).parents[3] / "examples"
CAPS = Caps()
CHOICES = Choices(("offline", "slow", "broken"), ("first", "second"))


class Bench:
    """Conversations over one memory, and a chat model that is loaded when ``arrived`` is set."""

    def __init__(self, encoder: SiglipEncoder, folder: Path, **settings: Any) -> None:
        self.encoder = encoder
        self.arrived = threading.Event()
        self.settings = load_settings({"memory": str(folder / "talk.sqlite"), **settings})
        memory = open_memory(self.settings)
        assert memory.folder is not None
        self.shelf = Shelf(memory, memory.folder, CAPS)

    def chat(self, owner: str = "ada") -> WebChat:
        return WebChat(self.make, self.shelf.place(owner), CAPS, CHOICES)

    def make(self, llm: str, vision: str, memory: Any, thread_id: str) -> ChatSession:
        if vision == "second":
            self.arrived.wait(20)
        settings = self.settings.model_copy(update={"llm": llm})
        return ChatSession(
            self.encoder, settings, memory=memory, thread_id=thread_id, load_model=self.load_model
        )

    def load_model(self, spec: str, /, **options: Any) -> Any:
        if spec != "offline":
            self.arrived.wait(20)
        if spec == "broken":
            raise LLMSpecError("its files cannot be used.")
        return load_chat_model("offline") if spec == "offline" else ScriptedModel(script=[AIMessage("Slow.")])


@pytest.fixture
def bench(encoder: SiglipEncoder, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(encoder, tmp_path)
    yield bench
    bench.arrived.set()


def cats(tmp_path: Path) -> Upload:
    """The picture as an upload, which is gone once it was taken in."""
    file = tmp_path / "upload.png"
    file.write_bytes((EXAMPLES / "two-cats.png").read_bytes())
    return Upload(file, "two-cats.png")


def words(chat: WebChat) -> str:
    """All that the page shows as text."""
    return "\n".join(f"{m['content']} {m.get('metadata', {}).get('title', '')}" for m in chat.messages())


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def answered(chat: WebChat) -> str:
    for thread in threading.enumerate():
        if thread.name == "mm-agent-answer":
            thread.join(20)
    assert not chat.running
    return words(chat)


def test_a_question_waits_for_the_model_just_chosen(bench: Bench, tmp_path: Path) -> None:
    chat = bench.chat()
    chat.ask("How many cats are there?", [cats(tmp_path)], "en")
    before = answered(chat)
    chat.choose("slow", "first")
    chat.ask("Are you sure?", (), "en")
    until(lambda: "Loading slow…" in words(chat))
    bench.arrived.set()
    after = answered(chat)
    assert after.endswith("Are you sure? \nSlow. ")
    assert after.startswith(before)
    assert (chat.llm, chat.pending) == ("slow", None)


def test_a_model_that_cannot_be_loaded_costs_one_line(bench: Bench) -> None:
    chat = bench.chat()
    chat.ask("How many cats are there?", (), "en")
    answered(chat)
    choice = chat.choose("broken", "first")
    chat.ask("And dogs?", (), "zh")
    bench.arrived.set()
    assert "无法加载 broken：its files cannot be used。仍由 offline 回答。" in answered(chat)
    assert choice.error == "its files cannot be used."
    assert len(chat.session().turns()) == 2, "the one before answered"
    assert chat.llm == "offline"


def test_without_a_model_from_before_the_error_is_the_answer(encoder: SiglipEncoder, tmp_path: Path) -> None:
    bench = Bench(encoder, tmp_path)
    bench.arrived.set()
    chat = WebChat(bench.make, bench.shelf.place("ada"), CAPS, Choices(("broken",), ("first",)))
    for _ in range(2):
        chat.ask("Is there a dog?", (), "en")
        assert answered(chat).endswith("its files cannot be used. ")


def test_another_vision_model_leaves_the_question_that_waits_for_it(bench: Bench, tmp_path: Path) -> None:
    chat = bench.chat()
    chat.ask("How many cats are there?", (), "en")
    answered(chat)
    chat.choose("offline", "second")
    chat.ask("Is there a dog?", [cats(tmp_path)], "en")
    until(lambda: "Loading second…" in words(chat))
    assert len(chat.turns) == 2
    bench.arrived.set()
    assert "How many cats" not in answered(chat)
    assert [turn.question for turn in chat.session().turns()] == ["Is there a dog?"]
    assert all(shown.path.is_file() for shown in chat.turns[0].media)


def test_of_two_choices_the_last_one_counts_and_stop_ends_the_wait(bench: Bench) -> None:
    chat = bench.chat()
    chat.choose("slow", "first")
    last = chat.choose("offline", "first")
    chat.ask("Is there a dog?", (), "en")
    chat.stop()
    assert answered(chat).endswith("Stopped. ")
    bench.arrived.set()
    last.done.wait(20)
    assert chat.llm == "offline"
    chat.ask("Is there a dog?", (), "en")
    assert "Slow." not in answered(chat)


def test_a_conversation_is_taken_up_by_the_next_server(bench: Bench, tmp_path: Path) -> None:
    chat = bench.chat()
    chat.ask("Where are the cats?", [cats(tmp_path)], "en")
    shown = answered(chat)
    chat.close()

    after = bench.chat()
    assert words(after) == shown
    assert all(part.path.is_file() for part in after.turns[0].media)
    after.ask("What is in that region?", (), "en")
    answered(after)
    use = after.session().turns()[-1].tool_calls[0]
    assert use.args["image"].startswith("img-1")
    assert bench.chat("bob").messages() == []


def test_an_answer_that_was_cut_off_says_so_and_can_be_asked_again(bench: Bench, tmp_path: Path) -> None:
    chat = bench.chat()
    chat.choose("slow", "first").done.wait(0)
    place = bench.shelf.place("ada")
    chat.ask("Where are the cats?", [cats(tmp_path)], "en")
    bench.arrived.set()
    answered(chat)
    kept = place.read()
    assert kept is not None
    kept.turns[0].ended = False
    place.write(kept)

    after = bench.chat()
    assert "The server ended before this answer did" in words(after)
    after.choose("offline", "first").done.wait(20)
    assert after.retry()
    assert "img-1" in answered(after)
    assert len(after.turns) == 1


def test_a_new_chat_leaves_nothing_on_disk(bench: Bench, tmp_path: Path) -> None:
    chat, place = bench.chat(), bench.shelf.place("ada")
    chat.ask("Where are the cats?", [cats(tmp_path)], "en")
    answered(chat)
    assert {path.name for path in place.folder.iterdir()} >= {"conversation.json", "media", "shown"}
    assert place.memory.threads.all()
    chat.clear()
    assert not place.folder.exists()
    assert not place.memory.threads.all()
    assert bench.chat().messages() == []


def _visitors(bench: Bench, access: Access) -> Visitors:
    def make(place: Place) -> WebChat:
        return WebChat(bench.make, place, CAPS, CHOICES)

    return Visitors(bench.shelf, Passes(bench.shelf.key, access), make, CAPS)


def test_a_user_finds_the_conversation_in_another_browser_and_a_token_is_no_user(bench: Bench) -> None:
    visitors = _visitors(bench, Access(users={"ada": "her-password", "bob": "his-password"}))
    ada, bob = visitors.welcome("ada"), visitors.welcome("bob")
    assert visitors.welcome("ada") is ada
    assert bob.place.folder != ada.place.folder
    passes = visitors.passes
    assert visitors.find(passes.issue(ada.identity)) is ada
    changed = Passes(bench.shelf.key, Access(users={"ada": "another-password"}))
    assert changed.read(passes.issue(ada.identity)) is None
    assert changed.read(passes.issue(bob.identity)) is None

    visitors = _visitors(bench, Access(token="0123456789abcdef"))
    assert visitors.welcome("ada") is not visitors.welcome("ada"), "whatever name was sent along"


def test_a_cookie_ends(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = Passes(bench.shelf.key, Access())
    cookie = passes.issue(passes.newcomer())
    assert passes.read(cookie)
    assert passes.read(cookie.replace(".", ".1", 1)) is None
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + SECONDS + 1)
    assert passes.read(cookie) is None


def test_old_conversations_go(bench: Bench) -> None:
    bench.shelf = Shelf(bench.shelf._memory, bench.shelf._folder, Caps(conversations=3))
    for days, owner in enumerate(("today", "yesterday", "before", "long ago"), start=0):
        chat = bench.chat(owner)
        chat.ask("Is there a dog?", (), "en")
        answered(chat)
        used = time.time() - (days if days < 2 else 31 * (days - 1)) * 24 * 3600
        os.utime(bench.shelf.place(owner).folder / "conversation.json", (used, used))
    assert bench.shelf.surplus() == ["before", "long ago"], "31 days ago, and 62"
    visitors = _visitors(bench, Access())
    visitors.tidy()
    assert [owner for owner in ("today", "yesterday", "before") if bench.chat(owner).messages()] == [
        "today",
        "yesterday",
    ]
    bench.shelf = Shelf(bench.shelf._memory, bench.shelf._folder, Caps(conversations=1))
    assert bench.shelf.surplus() == ["yesterday"]


def test_conversations_have_room_together(bench: Bench, tmp_path: Path) -> None:
    for owner in ("first", "second", "third"):
        chat = bench.chat(owner)
        chat.ask("What is this?", [cats(tmp_path)], "en")
        answered(chat)
    files = bench.shelf.place("first").folder.rglob("*")
    size = sum(file.stat().st_size for file in files if file.is_file())
    memory = bench.shelf._memory
    for room, gone in ((3.5, []), (2.5, ["first"]), (0.5, ["second", "first"])):
        memory = replace(memory, max_media_bytes=int(room * size))
        assert Shelf(memory, bench.shelf._folder, CAPS).surplus() == gone


def test_a_second_server_keeps_out_of_the_way(tmp_path: Path) -> None:
    settings = Settings(memory=str(tmp_path / "talk.sqlite"))
    (tmp_path / "other").mkdir()
    with open_shelf(settings, tmp_path, CAPS) as (first, note):
        assert note is None
        with open_shelf(settings, tmp_path / "other", CAPS) as (second, note):
            assert "another web chat keeps its conversations in" in str(note)
            assert first.key != second.key
    with open_shelf(settings, tmp_path / "other", CAPS) as (again, note):
        assert (again.key, note) == (first.key, None)
