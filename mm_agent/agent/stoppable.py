"""Answers that can be stopped: by Ctrl-C, or from another thread.

A run works in a thread of its own and hands its parts over, so that whoever waits can stop waiting at once.
The run itself ends at its next word, model call or step. One that does not within a moment, because a server
is silent or a tool at work, is given up: it ends when it ends, and may no longer change the conversation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar, copy_context
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

from langchain_core.callbacks import BaseCallbackHandler

from mm_agent.errors import Stopped

_T = TypeVar("_T")
_GLANCE_SECONDS = 0.05
"""How often the one who waits looks whether to stop."""
_SETTLE_SECONDS = 0.5
"""How long whatever follows waits for a run that was stopped."""

_stopping: ContextVar[Event | None] = ContextVar("mm_agent_stopping", default=None)
_given_up: ContextVar[Event | None] = ContextVar("mm_agent_given_up", default=None)


def is_given_up() -> bool:
    """Within a run: whether nobody wants what comes of it any more."""
    given_up = _given_up.get()
    return given_up is not None and given_up.is_set()


def rest(seconds: float) -> None:
    """Wait within a run, no longer than until it is stopped.

    Raises:
        Stopped: It was.
    """
    if (_stopping.get() or Event()).wait(seconds):
        raise Stopped("stopped")


class StopModel(BaseCallbackHandler):
    """Ends a model's call at its next word, or before it begins, once ``stop`` is set."""

    raise_error = True

    def __init__(self, stop: Event) -> None:
        self._stop = stop

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None:
        """A call begins."""
        self._check()

    def on_llm_new_token(self, *args: Any, **kwargs: Any) -> None:
        """A word comes."""
        self._check()

    def _check(self) -> None:
        if self._stop.is_set():
            raise Stopped("stopped")


# LangChain warns of an exception in a callback also where it is how that callback does its work.
logging.getLogger("langchain_core.callbacks.manager").addFilter(
    lambda record: StopModel.__name__ not in record.getMessage()
)


class Runner:
    """One run at a time, each of which can be stopped."""

    def __init__(self) -> None:
        self._stop = Event()
        self._given_up = Event()
        self._next: Event | None = None
        self._worker: Thread | None = None

    def stop(self) -> None:
        """Stop the run under way, if there is one; its consumer gets ``Stopped``."""
        self._stop.set()

    def prepare(self, stop: Event) -> None:
        """Let this event stop the run that comes next, also when it is set before that begins."""
        self._next = stop

    def settle(self) -> None:
        """Wait for the run under way; once it is stopped, for a moment: then it is given up."""
        worker, stop, given_up = self._worker, self._stop, self._given_up
        if worker is None or given_up.is_set():
            return
        while worker.is_alive() and not stop.is_set():
            worker.join(_GLANCE_SECONDS)
        worker.join(_SETTLE_SECONDS)
        given_up.set()

    def run(self, parts: Callable[[Event], Iterable[_T]]) -> Iterator[_T]:
        """Hand over the parts of a run as they come, on the caller's thread.

        Args:
            parts: Makes the run, which ends soon after the event it is given is set.

        Raises:
            Stopped: ``stop`` was called.
            Exception: Whatever the run raised.
        """
        self.settle()
        self._stop = stop = self._next or Event()
        self._next = None
        self._given_up = given_up = Event()
        handed: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        context = copy_context()
        context.run(_stopping.set, stop)
        context.run(_given_up.set, given_up)
        self._worker = Thread(
            target=context.run, args=(_work, parts, stop, handed), name="mm-agent-run", daemon=True
        )
        self._worker.start()
        try:
            yield from _take(handed, stop)
        finally:  # also when the consumer gives up, or Ctrl-C was pressed
            stop.set()


def _work(parts: Callable[[Event], Iterable[Any]], stop: Event, handed: SimpleQueue[tuple[str, Any]]) -> None:
    try:
        for part in parts(stop):
            handed.put(("part", part))
            if stop.is_set():
                break
        handed.put(("end", None))
    except BaseException as error:
        handed.put(("error", error))


def _take(handed: SimpleQueue[tuple[str, Any]], stop: Event) -> Iterator[Any]:
    while not stop.is_set():
        try:
            kind, value = handed.get(timeout=_GLANCE_SECONDS)
        except Empty:
            continue
        if kind == "error":
            raise value
        if kind == "end":
            return
        yield value
    raise Stopped("stopped")
