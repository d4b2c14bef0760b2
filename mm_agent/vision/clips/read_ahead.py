"""Work on one batch while the next is being made."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import TypeVar

Item = TypeVar("Item")


class _Done:
    """The end of the items; holds the error that ended them, if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def read_ahead(items: Iterable[Item], *, depth: int) -> Generator[Item]:
    """The same items, made on a thread of their own, at most `depth` of them waiting.

    An error in `items` is raised here, after the items before it. Closing this generator early stops the
    thread before its next item.
    """
    waiting: SimpleQueue[Item | _Done] = SimpleQueue()
    room, stopped = Semaphore(depth), Event()

    def make() -> None:
        error = None
        try:
            for item in items:
                waiting.put(item)
                room.acquire()
                if stopped.is_set():
                    break
        except BaseException as caught:  # raised again on the reader's side
            error = caught
        if isinstance(items, Generator):
            items.close()  # on the thread it runs on, so that a decoder is closed where it was opened
        waiting.put(_Done(error))

    maker = Thread(target=make, name="mm-agent-read-ahead", daemon=True)
    maker.start()
    try:
        while not isinstance(item := waiting.get(), _Done):
            room.release()
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        room.release()
        maker.join()


def in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` items, the last one shorter."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
