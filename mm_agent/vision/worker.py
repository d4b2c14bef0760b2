"""The thread an encoder computes in: callers take turns there, whatever threads they come from."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

_T = TypeVar("_T")


class Worker:
    """One thread that computes without gradients.

    Args:
        cores: how many cores one computation may use; None: as many as torch takes by itself. The number is
            this thread's own: a language model beside it keeps all cores.
    """

    def __init__(self, cores: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="mm-agent-encoder")
        if cores is not None:
            usual = torch.get_num_threads()
            self._pool.submit(_limit, cores).result()
            torch.set_num_threads(usual)  # threads yet to start go by the number set last

    def run(self, work: Callable[[], _T]) -> _T:
        """What `work` gives, or raises; work must not call `run` itself."""
        return self.submit(work).result()

    def submit(self, work: Callable[[], _T]) -> Future[_T]:
        """The same without waiting for it."""
        return self._pool.submit(_compute, work)


@torch.inference_mode()
def _compute(work: Callable[[], _T]) -> _T:
    return work()


def _limit(cores: int) -> None:
    torch.get_num_threads()  # a thread's first look at the number resets it; after that it stays as set
    torch.set_num_threads(cores)
