"""Answers that can be stopped: by Ctrl-C, or from another thread.

A run works in a thread of its own and hands its parts over, so that whoever waits can stop waiting at once.
The run itself ends at its next word, model call or step, and whatever follows waits for that.
"""

from __future__ import annotations

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


_stopping: ContextVar[Event | None] = ContextVar("mm_agent_stopping", default=None)


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


class Runner:
    """One run at a time, each of which can be stopped."""

    def __init__(self) -> None:
        self._stop = Event()
        self._worker: Thread | None = None

    def stop(self) -> None:
        """Stop the run under way, if there is one; its consumer gets ``Stopped``."""
        self._stop.set()

    def settle(self) -> None:
        """Wait until a run that was stopped has ended."""
        if self._worker is not None:
            self._worker.join()

    def run(self, parts: Callable[[Event], Iterable[_T]]) -> Iterator[_T]:
        """Hand over the parts of a run as they come, on the caller's thread.

        Args:
            parts: Makes the run, which ends soon after the event it is given is set.

        Raises:
            Stopped: ``stop`` was called.
            Exception: Whatever the run raised.
        """
        self.settle()
        self._stop = stop = Event()
        handed: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        context = copy_context()
        context.run(_stopping.set, stop)
        self._worker = Thread(target=context.run, args=(_work, parts, stop, handed), daemon=True)
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
