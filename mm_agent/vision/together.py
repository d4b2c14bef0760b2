"""Micro-batches across callers: what waits at the same time is computed together, and each thing once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from itertools import islice
from threading import Lock
from typing import Generic, TypeVar

from mm_agent.vision.worker import Worker

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Together(Generic[_In, _Out]):
    """Computes things by key; one that another caller waits for already is not computed again.

    Nothing is held back to fill a batch: a batch is what came while the one before was computed.

    Args:
        compute: results by key, of at most `size` things; called in the worker's thread.
        size: how many things make the largest batch.
        worker: where to compute.
    """

    def __init__(
        self, compute: Callable[[Mapping[str, _In]], Mapping[str, _Out]], *, size: int, worker: Worker
    ) -> None:
        self._compute = compute
        self._size = size
        self._worker = worker
        self._lock = Lock()
        self._waiting: dict[str, _In] = {}
        self._results: dict[str, Future[_Out]] = {}  # of all that waits or is being computed

    def get(self, wanted: Mapping[str, _In]) -> dict[str, _Out]:
        """The result of each thing; raises what `compute` raises for one of them."""
        self._worker.check_process()  # before a thing is put where nobody would compute it
        with self._lock:
            new = {key: thing for key, thing in wanted.items() if key not in self._results}
            self._waiting |= new
            self._results |= {key: Future() for key in new}
            results = {key: self._results[key] for key in wanted}
        if new:
            self._worker.submit(self._next)
        return {key: result.result() for key, result in results.items()}

    def _next(self) -> None:
        """Compute a batch of what waits; what is left over comes after others' turns."""
        with self._lock:
            batch = dict(islice(self._waiting.items(), self._size))
            for key in batch:
                del self._waiting[key]
            if self._waiting:
                self._worker.submit(self._next)
        if batch:
            self._answer(batch)

    def _answer(self, batch: Mapping[str, _In]) -> None:
        try:
            found = self._compute(batch)
        except BaseException as error:
            if len(batch) > 1:  # one caller's trouble is not the others'
                for key, thing in batch.items():
                    self._answer({key: thing})
            else:
                for result in self._taken(batch):
                    result.set_exception(error)
        else:
            for key, result in zip(batch, self._taken(batch), strict=True):
                result.set_result(found[key])

    def _taken(self, batch: Mapping[str, _In]) -> list[Future[_Out]]:
        with self._lock:
            return [self._results.pop(key) for key in batch]
