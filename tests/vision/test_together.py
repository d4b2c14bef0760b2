"""Micro-batches across callers: together, once each, and one's trouble is not another's."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch

from mm_agent.vision.together import Together
from mm_agent.vision.worker import Worker


class Squares:
    """Squares numbers, notes its batches, and waits at the first one until the gate opens."""

    def __init__(self, *, size: int = 4) -> None:
        self.batches: list[list[int]] = []
        self.busy, self.gate = threading.Event(), threading.Event()
        self.together = Together(self._square, size=size, worker=Worker())

    def get(self, *numbers: int) -> dict[str, int]:
        return self.together.get({str(number): number for number in numbers})

    def _square(self, batch: Mapping[str, int]) -> dict[str, int]:
        self.batches.append(list(batch.values()))
        self.busy.set()
        assert self.gate.wait(60)
        if 13 in batch.values():
            raise ValueError("thirteen")
        return {key: number * number for key, number in batch.items()}


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def _crowd(callers: ThreadPoolExecutor, squares: Squares, wants: list[tuple[int, ...]]) -> list:
    """One caller is being served when the others come."""
    first = callers.submit(squares.get, 0)
    assert squares.busy.wait(60)
    others = [callers.submit(squares.get, *numbers) for numbers in wants]
    while len(squares.together._results) < 1 + len({number for want in wants for number in want}):
        threading.Event().wait(0.01)
    squares.gate.set()
    assert first.result(60) == {"0": 0}
    return others


def test_what_waits_is_computed_together_and_once(callers: ThreadPoolExecutor) -> None:
    squares = Squares(size=4)
    others = _crowd(callers, squares, [(1, 2), (2, 3), (3, 4, 5), (1,)])
    assert [other.result(60) for other in others] == [
        {"1": 1, "2": 4},
        {"2": 4, "3": 9},
        {"3": 9, "4": 16, "5": 25},
        {"1": 1},
    ]
    assert [len(batch) for batch in squares.batches] == [1, 4, 1]
    assert sorted(number for batch in squares.batches for number in batch) == [0, 1, 2, 3, 4, 5]


def test_a_failure_is_only_its_own_callers(callers: ThreadPoolExecutor) -> None:
    others = _crowd(callers, squares := Squares(), [(1,), (13,), (2, 13), (3,)])
    assert (others[0].result(60), others[3].result(60)) == ({"1": 1}, {"3": 9})
    for other in others[1:3]:
        with pytest.raises(ValueError, match="thirteen"):
            other.result(60)
    assert squares.get(4) == {"4": 16}, "it goes on"


def test_a_worker_keeps_to_its_cores_and_leaves_other_threads_theirs() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        worker = Worker(cores=1)
        worker.run(lambda: torch.rand(400, 400) @ torch.rand(400, 400))
        assert worker.run(torch.get_num_threads) == 1
        assert torch.get_num_threads() == 3
        with ThreadPoolExecutor(1) as fresh:
            assert fresh.submit(torch.get_num_threads).result() == 3
        assert Worker().run(torch.get_num_threads) == 3
    finally:
        torch.set_num_threads(before)


def test_a_long_pass_uses_the_cores_keeps_the_order_and_runs_ahead_a_little() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        worker = Worker(side_by_side=True)
        side_by_side = Barrier(3, timeout=30)  # passed by three at once, or never
        taken: list[int] = []

        def things() -> Iterator[int]:
            for number in range(12):
                taken.append(number)
                yield number

        def work(number: int) -> tuple[int, int]:
            side_by_side.wait()
            return number, torch.get_num_threads()

        passing = worker.spread(work, things())
        assert next(passing) == (0, 1)
        assert len(taken) == 4
        assert list(passing) == [(number, 1) for number in range(1, 12)]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_long_pass_hands_the_first_error_on_and_the_worker_goes_on() -> None:
    for worker in (Worker(), Worker(side_by_side=True)):
        passing = worker.spread(lambda number: 6 // number, [3, 2, 0, 1])
        assert [next(passing), next(passing)] == [2, 3]
        with pytest.raises(ZeroDivisionError):
            next(passing)
        assert worker.run(lambda: "still here") == "still here"


def test_a_worker_computes_without_gradients_and_hands_errors_on() -> None:
    worker = Worker()
    weight = torch.ones(1, requires_grad=True)
    assert not worker.run(lambda: weight * 2).requires_grad
    with pytest.raises(ZeroDivisionError):
        worker.run(lambda: 1 // 0)
