"""A visitor's conversation: a chat session, what is shown of it, and a thread that answers."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mm_agent.agent.answer import TextDelta, ToolFinished, ToolStarted
from mm_agent.errors import MediaError, MMAgentError, Stopped
from mm_agent.media.mentions import open_mention, saved_pictures
from mm_agent.media.outgoing import outgoing_picture
from mm_agent.serve.web.caps import Caps
from mm_agent.serve.web.turn import Message, Shown, Turn
from mm_agent.serve.web.words import Language, say, tool_title

if TYPE_CHECKING:
    from mm_agent.agent.answer import Answer, Event, ToolUse
    from mm_agent.media.item import MediaItem
    from mm_agent.serve.session import ChatSession

log = logging.getLogger(__name__)

VIDEOS = (".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v")
_LONGEST = 1280
_NEWS_SECONDS = 0.08
_STOP_SECONDS = 10


@dataclass(frozen=True)
class Upload:
    """A file a visitor brought, and what they call it."""

    path: Path
    name: str


class WebChat:
    """One conversation. At most one answer is under way; whoever looks at the page follows it.

    Args:
        make: makes a session for a chat model and a vision model.
        folder: for the pictures and videos that are shown; this visitor's alone.
        caps: how much it takes in.
        llm: spec of the chat model.
        vision: spec of the vision model.
    """

    def __init__(
        self, make: Callable[[str, str], ChatSession], folder: Path, caps: Caps, *, llm: str, vision: str
    ) -> None:
        self._make = make
        self._folder = folder
        self._caps = caps
        self.llm = llm
        self.vision = vision
        self.turns: list[Turn] = []
        self._session: ChatSession | None = None
        self._lock = threading.RLock()
        self._idle = threading.Event()
        self._idle.set()
        self._version = 0
        self._running = False

    @property
    def running(self) -> bool:
        """Whether an answer is under way."""
        return self._running

    def messages(self) -> list[Message]:
        """All of it, for gradio's Chatbot."""
        with self._lock:
            return [message for turn in self.turns for message in turn.messages()]

    def ask(self, text: str, uploads: Sequence[Upload], language: Language) -> bool:
        """Begin an answer on a thread of its own; False while another is under way."""
        with self._lock:
            if self._running:
                return False
            self._running = True
            self._idle.clear()
            turn = Turn(text, language=language)
            self.turns.append(turn)
        threading.Thread(target=self._answer, args=(turn, uploads), daemon=True).start()
        return True

    async def follow(self) -> AsyncIterator[list[Message]]:
        """The messages now, and again whenever they change, until the answer is there."""
        seen = -1
        while True:
            running, version = self._running, self._version
            if version != seen or not running:
                yield self.messages()
            if not running:
                return
            seen = version
            # What comes within a moment is shown in one go; no thread waits.
            await asyncio.sleep(_NEWS_SECONDS)

    def stop(self) -> None:
        """Stop the answer that is under way."""
        if self._session is not None and self._running:
            self._session.stop()

    def undo(self) -> Turn | None:
        """Take back the last question and its answer, stopping it first; the media stay."""
        self.stop()
        self._idle.wait(_STOP_SECONDS)
        with self._lock:
            if self._running or not self.turns:
                return None
            turn = self.turns.pop()
        if turn.asked and self._session is not None:
            self._session.undo()
        return turn

    def retry(self) -> bool:
        """Ask the last question again."""
        turn = self.undo()
        if turn is None:
            return False
        started = self.ask(turn.question, (), turn.language)
        with self._lock:
            self.turns[-1].media = turn.media
        return started

    def use(self, llm: str, vision: str) -> None:
        """Let another chat model answer; another vision model begins a new conversation.

        Raises:
            MMAgentError: The model cannot be used; then the one before stays.
        """
        if vision != self.vision:
            session = self._make(llm, vision)
            self.clear()
            self._session = session
        elif llm != self.llm and self._session is not None:
            self._session.use_model(llm)
        self.llm, self.vision = llm, vision

    def clear(self) -> None:
        """Begin a new conversation: what was said and its files are forgotten."""
        self.stop()
        self._idle.wait(_STOP_SECONDS)
        with self._lock:
            self.turns.clear()
            session, self._session = self._session, None
            self._version += 1
        if session is not None:
            session.store.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def notice(self, language: Language) -> str | None:
        """What the vision model does not know; None when it knows no such limits."""
        return self.session().encoder.notice(language)

    def session(self) -> ChatSession:
        """The session behind the conversation; made, and its vision model loaded, when first needed."""
        if self._session is None:
            self._session = self._make(self.llm, self.vision)
        return self._session

    def _answer(self, turn: Turn, uploads: Sequence[Upload]) -> None:
        """Take in the files and ask; whatever goes wrong is one line of this turn."""
        try:
            self._take_in(turn, uploads)
            if turn.question:
                turn.asked = True
                self._end(turn, self.session().ask(turn.question, on_event=lambda e: self._show(turn, e)))
        except Stopped:
            self._say(turn, say("stopped", turn.language))
        except MMAgentError as error:
            self._line(turn, " ".join(str(error).split()))
        except Exception:
            log.exception("a question could not be answered")
            self._line(turn, say("broken", turn.language))
        finally:
            with self._lock:
                self._running = False
                self._version += 1
            self._idle.set()

    def _take_in(self, turn: Turn, uploads: Sequence[Upload]) -> None:
        """Add the files to the session and show them; a bad one costs a line, not the turn."""
        items = []
        for upload in uploads:
            try:
                items.append(self._add(turn, upload))
            except MediaError as error:
                self._line(turn, " ".join(str(error).replace(str(upload.path), upload.name).split()))
            finally:
                upload.path.unlink(missing_ok=True)
        if items and not turn.question:
            kind = "what_video" if items[-1].kind == "video" else "what_picture"
            turn.question = say(kind, turn.language)

    def _add(self, turn: Turn, upload: Upload) -> MediaItem:
        session = self.session()
        if len(session.items) >= self._caps.files:
            raise MediaError(say("too_many", turn.language, name=upload.name, most=self._caps.files))
        if not upload.path.is_file():
            raise MediaError(say("gone", turn.language, name=upload.name))
        item = session.add(upload.path, name=upload.name)
        with self._lock:
            turn.media.append(self._kept(item, upload))
            self._version += 1
        return item

    def _kept(self, item: MediaItem, upload: Upload) -> Shown:
        """What is shown of an upload: a picture or a still in a form every browser knows, with its video."""
        words = f"{item.handle} {item.name}"
        store = self.session().store
        if item.kind == "image":
            return self._picture(store.image(item.handle), words)
        suffix = upload.path.suffix.lower()
        video = self._new_file(suffix if suffix in VIDEOS else ".mp4")
        shutil.copyfile(upload.path, video)
        return replace(self._picture(store.image(f"{item.handle}@0s"), words), video=video)

    def _show(self, turn: Turn, event: Event) -> None:
        """One event of the answer; runs on the answering thread."""
        drawn = self._drawn(turn, event.use) if isinstance(event, ToolFinished) else []
        with self._lock:
            if isinstance(event, TextDelta):
                turn.say(event.text)
            elif isinstance(event, ToolStarted):
                turn.start(event.id, event.name, event.args)
            elif isinstance(event, ToolFinished):
                turn.finish(event.id, event.use, drawn)
            self._version += 1

    def _drawn(self, turn: Turn, use: ToolUse) -> list[Shown]:
        """The pictures a tool saved: heat maps with boxes, crops, contact sheets, timelines."""
        store = self.session().store
        handles = " ".join(str(use.args[name]) for name in ("image", "video", "other") if use.args.get(name))
        words = say("drawn", turn.language, tool=tool_title(use.name, turn.language), handles=handles)
        try:
            return [
                self._picture(open_mention(store, mention), words)
                for mention in saved_pictures(use.artifact, store)
            ]
        except MediaError as error:
            log.warning("a tool's picture cannot be shown: %s", error)
            return []

    def _picture(self, image: object, words: str) -> Shown:
        from PIL import Image

        assert isinstance(image, Image.Image)
        encoded = outgoing_picture(image, longest=_LONGEST)
        path = self._new_file(".png" if encoded.mime_type == "image/png" else ".jpg")
        path.write_bytes(encoded.data)
        return Shown(path, words)

    def _new_file(self, suffix: str) -> Path:
        """A name nobody can guess; whose it is, is checked as well."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder / f"{secrets.token_hex(16)}{suffix}"

    def _end(self, turn: Turn, answer: Answer) -> None:
        """The answer's words, if no event brought them."""
        with self._lock:
            if answer.text and not (turn.parts and isinstance(turn.parts[-1], str)):
                turn.say(answer.text)

    def _say(self, turn: Turn, text: str) -> None:
        with self._lock:
            turn.parts.append(text)
            self._version += 1

    def _line(self, turn: Turn, text: str) -> None:
        with self._lock:
            turn.line(text)
            self._version += 1
