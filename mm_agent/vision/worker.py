"""The thread an encoder computes in: callers take turns there, whatever threads they come from."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from threading import Barrier
from typing import TypeVar

import torch

from mm_agent.errors import VisionError

_T = TypeVar("_T")
_In = TypeVar("_In")
_MOST_SIDE_BY_SIDE = 8
"""Computations at a time: each holds a batch in memory."""


class Worker:
    """One thread that computes without gradients.

    Args:
        cores: how many cores one computation may use; None: as many as torch takes by itself. The number is
            this thread's own: a language model beside it keeps all cores.
        side_by_side: whether long passes run several computations at a time, as suits a CPU: cores that share
            one wait for each other.
    """

    def __init__(self, cores: int | None = None, *, side_by_side: bool = False) -> None:
        self._process = os.getpid()
        self._pool = _threads(1, cores)
        self._places = min(torch.get_num_threads(), _MOST_SIDE_BY_SIDE) if side_by_side else 1

    def run(self, work: Callable[[], _T]) -> _T:
        """What `work` gives, or raises; work must not call `run` itself.

        Raises:
            VisionError: see `check_process`.
        """
        return self.submit(work).result()

    def submit(self, work: Callable[[], _T]) -> Future[_T]:
        """The same without waiting for it."""
        self.check_process()
        return self._pool.submit(_compute, work)

    def spread(self, work: Callable[[_In], _T], things: Iterable[_In]) -> Iterator[_T]:
        """`work` of each thing, in their order, for passes over many of them.

        Things are taken a little ahead of the results and no further, so that they may be made on the way.
        """
        waiting: deque[Future[_T]] = deque()
        for thing in things:
            self.check_process()
            waiting.append(self._side_by_side.submit(_compute, partial(work, thing)))
            if len(waiting) > self._places:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    @cached_property
    def _side_by_side(self) -> ThreadPoolExecutor:
        if self._places == 1:
            return self._pool
        return _threads(self._places, max(1, torch.get_num_threads() // self._places))

    def check_process(self) -> None:
        """Make sure the thread is there: a fork copies a process without its threads, torch's among them.

        Raises:
            VisionError: this process was forked from the one that made the encoder.
        """
        if os.getpid() != self._process:
            raise VisionError(
                "this encoder was loaded before the process forked, and its threads stayed with the parent; "
                "load it in the child, or start children with multiprocessing.get_context('spawn')"
            )


@torch.inference_mode()
def _compute(work: Callable[[], _T]) -> _T:
    return work()


def _threads(count: int, cores: int | None) -> ThreadPoolExecutor:
    """Threads that have started, each with its number of cores."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="mm-agent-encoder")
    if cores is not None:
        usual, all_here = torch.get_num_threads(), Barrier(count)

        def start() -> None:
            _limit(cores)
            all_here.wait()

        for started in [pool.submit(start) for _ in range(count)]:
            started.result()
        torch.set_num_threads(usual)  # threads yet to start go by the number set last
    return pool


def _limit(cores: int) -> None:
    torch.get_num_threads()  # a thread's first look at the number resets it; after that it stays as set
    torch.set_num_threads(cores)
