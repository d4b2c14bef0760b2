"""Reading ahead keeps order, stays within its depth, and ends its thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from mm_agent.vision.clips.read_ahead import in_batches, read_ahead


def test_the_items_come_in_order_from_another_thread() -> None:
    def items() -> Iterator[tuple[int, int]]:
        for number in range(50):
            yield number, threading.get_ident()

    seen = list(read_ahead(items(), depth=3))
    assert [number for number, _ in seen] == list(range(50))
    assert {thread for _, thread in seen} != {threading.get_ident()}


def test_no_more_than_the_depth_waits() -> None:
    made: list[int] = []
    enough = threading.Event()

    def items() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            if len(made) == 5:
                enough.set()
            yield number

    with closing(read_ahead(items(), depth=3)) as ahead:
        assert next(ahead) == 0
        assert enough.wait(10)  # one taken, three waiting, one being made
        assert len(made) == 5


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken frame")

    ahead = read_ahead(items(), depth=2)
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken frame"):
        next(ahead)


def test_stopping_early_closes_the_source_on_its_own_thread() -> None:
    closed: list[str] = []

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(threading.current_thread().name)

    ahead = read_ahead(items(), depth=2)
    next(ahead)
    ahead.close()
    assert closed == ["mm-agent-read-ahead"]
    assert not any(thread.name == "mm-agent-read-ahead" for thread in threading.enumerate())


def test_batches_hold_everything_once() -> None:
    assert list(in_batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
