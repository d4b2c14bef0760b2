"""A conversation and its media: kept, taken up again, taken back, stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from pydantic import Field, PrivateAttr

from mm_agent.agent.answer import Event, TextDelta
from mm_agent.agent.memory.memory import Memory, open_memory
from mm_agent.errors import ConversationError, LLMSpecError, MediaNotFound, Stopped
from mm_agent.serve.session import ChatSession
from mm_agent.settings import load_settings
from mm_agent.vision import SiglipEncoder
from tests.agent.scripted import ScriptedModel

EXAMPLES = Path(__file__).parents[2] / "examples"
CATS, APPLES, FILM = (EXAMPLES / name for name in ("two-cats.png", "three-apples.png", "changing-scene.mp4"))

Open = Callable[..., ChatSession]


class Hanging(ScriptedModel):
    """A model whose server is silent for long, and answers in the end."""

    script: list[AIMessage | Exception] = Field(default_factory=lambda: [AIMessage("Too late.")])
    _asked: threading.Event = PrivateAttr(default_factory=threading.Event)
    _go_on: threading.Event = PrivateAttr(default_factory=threading.Event)
    _answered: threading.Event = PrivateAttr(default_factory=threading.Event)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        self._asked.set()
        self._go_on.wait(60)
        self._answered.set()
        return super()._generate(*args, **kwargs)


@dataclass
class Hung:
    session: ChatSession
    model: Hanging

    def ends(self) -> None:
        """Let the server speak, and wait until nothing of the answer is under way."""
        running = [thread for thread in threading.enumerate() if thread.name.startswith("mm-agent-run")]
        assert running
        self.model._go_on.set()
        for thread in running:
            thread.join(10)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return open_memory(load_settings({"memory": str(tmp_path / "talk.sqlite")}))


@pytest.fixture
def opened(encoder: SiglipEncoder, memory: Memory) -> Open:
    """A session that is kept in ``memory``."""
    return lambda thread_id=None: ChatSession(encoder, load_settings(), memory=memory, thread_id=thread_id)


def test_a_conversation_comes_back_with_its_media_under_the_same_handles(
    opened: Open, tmp_path: Path
) -> None:
    before = opened()
    moved = tmp_path / "moved.png"
    moved.write_bytes(APPLES.read_bytes())
    items = [before.add(CATS), before.add(moved), before.add(FILM)]
    before.ask("How many cats are in the first picture?")
    before.ask("Where are the cats?")
    moved.unlink()

    after = opened(before.thread_id)
    assert after.items == items
    assert after.lost == []
    assert [turn.question for turn in after.turns()] == [
        "How many cats are in the first picture?",
        "Where are the cats?",
    ]
    assert after.store.image("img-2").tobytes() == before.store.image("img-2").tobytes()
    assert after.store.image("vid-1@1s").size == before.store.image("vid-1@1s").size
    answer = after.ask("How many are in the second picture?")
    assert answer.tool_calls[0].args == {"image": "img-2", "noun": "cat"}
    assert after.add(EXAMPLES / "robot.png").handle == "img-3"


def test_no_picture_is_in_the_database(opened: Open, tmp_path: Path) -> None:
    session = opened()
    session.add(CATS)
    session.ask("Where are the cats?")
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("talk.sqlite*"))
    assert b"img-1" in kept
    assert b"base64" not in kept
    assert b"IDAT" not in kept
    assert len(kept) < 700_000


def test_lost_media_are_named_and_the_rest_works(opened: Open, memory: Memory) -> None:
    before = opened()
    cats = before.add(CATS)
    before.add(APPLES)
    before.ask("What is in the pictures?")
    assert memory.vault is not None
    (memory.vault.folder / cats.sha256).unlink()

    after = opened(before.thread_id)
    assert [item.name for item in after.lost] == ["two-cats.png"]
    with pytest.raises(MediaNotFound, match="no longer there; add it again"):
        after.store.image("img-1")
    assert not after.ask("How many apples are in the second picture?").tool_calls[0].failed
    failed = after.ask("How many cats are in the first picture?")
    assert failed.tool_calls[0].failed
    assert "no longer there; add it again" in failed.text
    assert after.add(CATS).handle == "img-1"
    assert not after.ask("How many cats are in img-1?").tool_calls[0].failed


def test_media_over_the_budget_are_not_kept_and_it_is_known(encoder: SiglipEncoder, tmp_path: Path) -> None:
    settings = load_settings({"memory": str(tmp_path / "talk.sqlite"), "memory_media_bytes": 50_000})
    assert CATS.stat().st_size < 50_000 < FILM.stat().st_size
    session = ChatSession(encoder, settings, memory=open_memory(settings))
    session.add(CATS)
    session.add(FILM)
    session.ask("What is in the first picture?")
    assert [item.handle for item in session.not_kept] == ["vid-1"]
    session.resume(session.thread_id)
    assert [item.handle for item in session.lost] == ["vid-1"]


def test_the_longest_unused_media_make_room(encoder: SiglipEncoder, tmp_path: Path) -> None:
    sizes = CATS.stat().st_size, APPLES.stat().st_size
    settings = load_settings({"memory": str(tmp_path / "talk.sqlite"), "memory_media_bytes": sum(sizes) - 1})
    session = ChatSession(encoder, settings, memory=open_memory(settings))
    for picture in (CATS, APPLES):
        session.new_thread()
        session.add(picture)
        session.ask("What is this?")
    assert [item.name for item in session.items] == ["three-apples.png"]
    apples, cats = session.memory.threads.all()
    session.resume(cats.id)
    assert [item.name for item in session.lost] == ["two-cats.png"]
    session.resume(apples.id)
    assert session.lost == []


def test_a_new_thread_knows_nothing_of_the_one_before(opened: Open) -> None:
    session = opened()
    session.add(CATS)
    session.ask("How many cats are there?")
    first = session.thread_id
    assert session.new_thread() != first
    assert (session.items, session.turns()) == ([], [])
    assert "no picture" in session.ask("How many cats are there?").text
    session.resume(first[:6])
    assert session.thread_id == first
    assert [item.name for item in session.items] == ["two-cats.png"]


def test_another_owner_cannot_take_up_a_conversation(
    encoder: SiglipEncoder, memory: Memory, opened: Open
) -> None:
    mine = opened()
    mine.add(CATS)
    mine.ask("How many cats are there?")
    theirs = ChatSession(encoder, load_settings(), memory=memory.owned_by("other"), thread_id=mine.thread_id)
    assert (theirs.items, theirs.turns()) == ([], [])
    with pytest.raises(ConversationError, match="there is no conversation"):
        theirs.resume(mine.thread_id)


def test_the_last_turn_can_be_taken_back(opened: Open) -> None:
    session = opened()
    session.add(CATS)
    session.ask("How many cats are there?")
    session.add(APPLES)
    session.ask("How many apples are there?")
    assert session.undo() == "How many apples are there?"
    assert [turn.question for turn in session.turns()] == ["How many cats are there?"]
    answer = session.ask("How many apples are in the second picture?")
    assert answer.tool_calls[0].args["image"] == "img-2"
    assert session.undo()
    assert session.undo()
    assert session.undo() is None
    assert session.ask("How many cats are in img-1?").tool_calls


def test_an_answer_is_stopped_midway_and_the_next_question_works(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    session = opened()
    session.add(CATS)
    heard: list[Event] = []

    def stop_at_the_third_word(event: Event) -> None:
        heard.append(event)
        if len([part for part in heard if isinstance(part, TextDelta)]) == 3:
            threading.Thread(target=session.stop).start()

    with pytest.raises(Stopped):
        session.ask("What is in the picture?", on_event=stop_at_the_third_word)
    assert sum(isinstance(event, TextDelta) for event in heard) < 10
    assert session.turns()[-1].question == "What is in the picture?"
    heard.clear()
    answer = session.ask("How many cats are there?", on_event=heard.append)
    assert answer.tool_calls
    assert answer.text
    assert len(session.turns()) == 2
    assert "".join(part.text for part in heard if isinstance(part, TextDelta)).strip() == answer.text
    assert caplog.text == ""


def test_what_mends_the_history_of_a_stopped_question_is_not_said(opened: Open) -> None:
    session = opened()
    session.add(CATS)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        session.ask("Is there a dog?", stop=stop)
    heard: list[Event] = []
    answer = session.ask("How many cats are there?", on_event=heard.append)
    assert "".join(event.text for event in heard if isinstance(event, TextDelta)) == answer.text
    assert [turn.question for turn in session.turns()] == ["Is there a dog?", "How many cats are there?"]


def test_stopping_when_nothing_runs_does_no_harm(opened: Open) -> None:
    session = opened()
    session.stop()
    session.add(CATS)
    assert session.ask("How many cats are there?").text


def test_another_model_takes_over(opened: Open) -> None:
    session = opened()
    session.add(CATS)
    session.ask("How many cats are there?")
    with pytest.raises(LLMSpecError):
        session.use_model("nonsense:")
    assert session.llm == "offline"
    assert session.ask("And dogs?").tool_calls
    session.model = ScriptedModel(script=[AIMessage("I am another.")])
    session.use_model("offline")
    assert len(session.turns()) == 2


@pytest.fixture(params=["kept", "off"])
def hung(request: pytest.FixtureRequest, encoder: SiglipEncoder, memory: Memory) -> Iterator[Hung]:
    """A stopped answer whose model still waits for its server."""
    session = ChatSession(encoder, load_settings(), memory=memory if request.param == "kept" else None)
    session.add(CATS)
    session.model = model = Hanging()
    stopping = threading.Thread(target=lambda: model._asked.wait(10) and session.stop())
    stopping.start()
    with pytest.raises(Stopped):
        session.ask("How many cats are there?")
    stopping.join()
    yield Hung(session, model)
    model._go_on.set()


def test_a_stopped_answer_that_hangs_does_not_hold_the_next_question(hung: Hung) -> None:
    hung.session.use_model("offline")
    assert hung.session.ask("Where are the cats?").tool_calls[0].args["image"] == "img-1"
    assert not hung.model._answered.is_set(), "the next question waited for the silent server"
    before = hung.session.turns()
    hung.ends()
    assert hung.session.turns() == before
    assert [turn.question for turn in before] == ["Where are the cats?"]


def test_a_stopped_answer_that_hangs_does_not_come_back_after_undo(hung: Hung) -> None:
    assert hung.session.undo() is None
    hung.ends()
    assert hung.session.turns() == []
