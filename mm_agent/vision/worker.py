"""The thread an encoder computes in: callers take turns there, whatever threads they come from."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

from mm_agent.errors import VisionError

_T = TypeVar("_T")


class Worker:
    """One thread that computes without gradients.

    Args:
        cores: how many cores one computation may use; None: as many as torch takes by itself. The number is
            this thread's own: a language model beside it keeps all cores.
    """

    def __init__(self, cores: int | None = None) -> None:
        self._process = os.getpid()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="mm-agent-encoder")
        if cores is not None:
            usual = torch.get_num_threads()
            self._pool.submit(_limit, cores).result()
            torch.set_num_threads(usual)  # threads yet to start go by the number set last

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


def _limit(cores: int) -> None:
    torch.get_num_threads()  # a thread's first look at the number resets it; after that it stays as set
    torch.set_num_threads(cores)
