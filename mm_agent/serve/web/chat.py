"""A visitor's conversation: a chat session, what is shown of it, and a thread that answers."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mm_agent.agent.answer import TextDelta, ToolFinished, ToolStarted
from mm_agent.agent.memory.memory import new_thread_id
from mm_agent.errors import MediaError, MMAgentError, Stopped
from mm_agent.serve.web.caps import Caps
from mm_agent.serve.web.choice import Choice, Choices, Picker
from mm_agent.serve.web.gallery import Gallery
from mm_agent.serve.web.shelf import Kept, Place
from mm_agent.serve.web.turn import Message, Shown, Turn
from mm_agent.serve.web.words import Language, say

if TYPE_CHECKING:
    from mm_agent.agent.answer import Answer, Event
    from mm_agent.agent.memory.memory import Memory
    from mm_agent.media.item import MediaItem
    from mm_agent.serve.session import ChatSession

log = logging.getLogger(__name__)

_NEWS_SECONDS = 0.08
_STOP_SECONDS = 10
_SOON_SECONDS = 0.3
"""Models that are loaded within this need no word."""


@dataclass(frozen=True)
class Upload:
    """A file a visitor brought, and what they call it."""

    path: Path
    name: str


Make = Callable[[str, str, "Memory", str], "ChatSession"]
"""Makes a session: of a chat model, a vision model, a memory and the name of its thread there."""


class WebChat:
    """One conversation. At most one answer is under way; whoever looks at the page follows it.

    Args:
        make: makes a session.
        place: where it is kept; what is there already is taken up.
        caps: how much it takes in.
        choices: the models it may use.
    """

    def __init__(self, make: Make, place: Place, caps: Caps, choices: Choices) -> None:
        self._make = make
        self._place = place
        self._caps = caps
        self._gallery = Gallery(place.shown)
        kept = place.read() or Kept(new_thread_id(), "", "")
        self._thread = kept.thread
        self.turns = kept.turns
        self.llm = kept.llm if kept.llm in choices.llms else choices.llms[0]
        self.vision = kept.vision if kept.vision in choices.visions else choices.visions[0]
        self._session: ChatSession | None = None
        self._ready = False
        self._picker = Picker(self._take_up)
        self._turn: Turn | None = None
        self._waits = False
        # What takes long has locks of its own, so that the conversation can be looked at meanwhile.
        self._making, self._writing = threading.Lock(), threading.Lock()
        self._lock = threading.RLock()
        self._idle = threading.Event()
        self._idle.set()
        self._version = 0

    @property
    def running(self) -> bool:
        """Whether an answer is under way."""
        return not self._idle.is_set()

    @property
    def pending(self) -> Choice | None:
        """The models that are being loaded for it."""
        return self._picker.pending

    def messages(self) -> list[Message]:
        """All of it, for gradio's Chatbot."""
        with self._lock:
            return [message for turn in self.turns for message in turn.messages()]

    def ask(
        self, text: str, uploads: Sequence[Upload], language: Language, *, shown: Sequence[Shown] = ()
    ) -> bool:
        """Begin an answer on a thread of its own; False while another is under way.

        Args:
            text: The question; may be empty when there are files.
            uploads: Files that come with it.
            language: Of the page.
            shown: Files that came with it before, when it is asked again.
        """
        with self._lock:
            if self.running:
                return False
            self._idle.clear()
            turn = Turn(text, media=list(shown), language=language)
            self.turns.append(turn)
            if self.pending is None and not self._ready:
                self.choose(self.llm, self.vision)
            self._turn, self._waits = turn, self.pending is not None
        threading.Thread(
            target=self._answer, args=(turn, uploads), name="mm-agent-answer", daemon=True
        ).start()
        return True

    async def follow(self) -> AsyncIterator[list[Message]]:
        """The messages now, and again whenever they change, until the answer is there."""
        seen = -1
        while True:
            running, version = self.running, self._version
            if version != seen or not running:
                yield self.messages()
            if not running:
                return
            seen = version
            # What comes within a moment is shown in one go; no thread waits.
            await asyncio.sleep(_NEWS_SECONDS)

    def stop(self) -> None:
        """Stop the answer that is under way."""
        with self._lock:
            if self.running and self._turn is not None:
                self._turn.stop.set()

    def undo(self) -> Turn | None:
        """Take back the last question and its answer, stopping it first; the media stay."""
        self.stop()
        self._idle.wait(_STOP_SECONDS)
        with self._lock:
            if self.running or not self.turns:
                return None
            turn = self.turns.pop()
        if turn.asked:
            past = self.session().turns()
            # A question that was stopped early may never have become part of what the model knows.
            if past and past[-1].question == turn.question:
                self.session().undo()
        self._keep()
        return turn

    def retry(self) -> bool:
        """Ask the last question again."""
        turn = self.undo()
        return turn is not None and self.ask(turn.question, (), turn.language, shown=turn.media)

    def choose(self, llm: str, vision: str) -> Choice:
        """Begin to load other models; the questions asked from now on wait for them.

        Another vision model begins a new conversation once it is there. Models that cannot be loaded leave
        the ones before.
        """
        return self._picker.choose(llm, vision)

    def clear(self) -> None:
        """Begin a new conversation: what was said and its files are forgotten."""
        self.close()
        self._begin_anew(new_thread_id())

    def close(self) -> None:
        """Let go of the session, stopping its answer; what is kept stays kept."""
        self.stop()
        self._idle.wait(_STOP_SECONDS)
        with self._lock:
            session, self._session = self._session, None
            self._ready = False
        if session is not None:
            session.close()

    def notice(self, language: Language) -> str | None:
        """What the vision model does not know; None when it knows no such limits."""
        return self.session().encoder.notice(language)

    def session(self) -> ChatSession:
        """The session behind the conversation; made, and its vision model loaded, when first needed."""
        with self._making:
            if self._session is None:
                self._session = self._make(self.llm, self.vision, self._place.memory, self._thread)
            return self._session

    def _take_up(self, choice: Choice) -> None:
        if choice.vision == self.vision:
            self.session().use_model(choice.llm)
        else:
            thread = new_thread_id()
            session = self._make(choice.llm, choice.vision, self._place.memory, thread)
            _ = session.model  # loads it
            if self.pending is not choice:
                session.close()
                return
            if not self._waits:
                self.close()
            self._begin_anew(thread, session)
        with self._lock:
            self.llm, self.vision, self._ready = choice.llm, choice.vision, True
        self._keep()

    def _begin_anew(self, thread: str, session: ChatSession | None = None) -> None:
        """Forget everything but a question that waits for this."""
        with self._lock:
            old, self._session, self._thread = self._session, session, thread
            self.turns[:] = [self._turn] if self._waits and self._turn is not None else []
            self._version += 1
        if old is not None:
            old.close()
        with self._writing:
            self._place.clear()

    def _answer(self, turn: Turn, uploads: Sequence[Upload]) -> None:
        """Take in the files and ask; whatever goes wrong is one line of this turn."""
        try:
            self._await_models(turn)
            self._take_in(turn, uploads)
            self._keep(durable=False)
            if turn.question:
                turn.asked = True
                answer = self.session().ask(
                    turn.question, on_event=lambda event: self._show(turn, event), stop=turn.stop
                )
                self._end(turn, answer)
        except Stopped:
            self._say(turn, say("stopped", turn.language))
        except MMAgentError as error:
            self._line(turn, " ".join(str(error).split()))
        except Exception:
            log.exception("a question could not be answered")
            self._line(turn, say("broken", turn.language))
        finally:
            for upload in uploads:
                upload.path.unlink(missing_ok=True)
            with self._lock:
                turn.ended, turn.loading = True, ""
                self._waits = False
                self._version += 1
            self._keep(durable=False)
            self._idle.set()
            self._keep()  # nobody has to wait for the disk

    def _await_models(self, turn: Turn) -> None:
        """Wait until the models chosen last are there, with a word on the page if it takes a while.

        Raises:
            Stopped: The visitor did not want to wait.
            MMAgentError: They cannot be loaded, and there are none from before.
        """
        while True:
            with self._lock:
                choice = self.pending
                if choice is None:
                    self._waits = False
                    return
            if not choice.done.wait(_SOON_SECONDS):
                self._loads(turn, say("loading", turn.language, model=self.new_in(choice)))
            while not choice.done.wait(_NEWS_SECONDS):
                if turn.stop.is_set():
                    raise Stopped("stopped")
            self._loads(turn, "")
            if choice.error is not None:
                if not self._ready:
                    raise MMAgentError(choice.error)
                self._line(turn, self.not_loaded(choice, turn.language))

    def new_in(self, choice: Choice) -> str:
        """Which of a choice's models is another than the one before."""
        return choice.llm if choice.vision == self.vision else choice.vision

    def not_loaded(self, choice: Choice, language: Language) -> str:
        """What to say of models that could not be loaded."""
        error = (choice.error or "").rstrip(".")
        return say("not_loaded", language, model=self.new_in(choice), error=error, old=self.llm)

    def _loads(self, turn: Turn, words: str) -> None:
        with self._lock:
            turn.loading = words
            self._version += 1

    def _take_in(self, turn: Turn, uploads: Sequence[Upload]) -> None:
        """Add the files to the session and show them; a bad one costs a line, not the turn."""
        items = []
        for upload in uploads:
            try:
                items.append(self._add(turn, upload))
            except MediaError as error:
                self._line(turn, " ".join(str(error).replace(str(upload.path), upload.name).split()))
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
        shown = self._gallery.upload(item, upload.path, session.store)
        with self._lock:
            turn.media.append(shown)
            self._version += 1
        return item

    def _show(self, turn: Turn, event: Event) -> None:
        """One event of the answer; runs on the answering thread."""
        drawn = []
        if isinstance(event, ToolFinished):
            drawn = self._gallery.drawn(event.use, self.session().store, turn.language)
        with self._lock:
            if isinstance(event, TextDelta):
                turn.say(event.text)
            elif isinstance(event, ToolStarted):
                turn.start(event.id, event.name, event.args)
            elif isinstance(event, ToolFinished):
                turn.finish(event.id, event.use, drawn)
            self._version += 1

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

    def _keep(self, *, durable: bool = True) -> None:
        """Keep what the page shows; if the server ends now, that is what comes back."""
        with self._writing:
            with self._lock:
                kept = Kept(self._thread, self.llm, self.vision, list(self.turns))
            if kept.turns or self._place.folder.exists():  # else it was just cleared
                self._place.write(kept, durable=durable)
