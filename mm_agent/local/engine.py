"""Answers requests of many threads together: one thread a model, one batch, rows that join as they come."""

from __future__ import annotations

import atexit
import threading
from collections import deque
from weakref import WeakSet

import torch
from transformers import PreTrainedModel

from mm_agent.errors import LocalModelError
from mm_agent.local.batch import Batch
from mm_agent.local.fusion import model_input
from mm_agent.local.kv import cache_of, can_cut, rows_of
from mm_agent.local.prefixes import Prefixes
from mm_agent.local.request import Request

MAX_ROWS = 16
PREFILL_TOKENS = 1024  # of a prompt at a time, so that a cancelled one ends soon
IDLE_S = 10.0  # how long the thread waits for more before it ends


class Engine:
    """Generates for one model.

    A prompt is computed by itself, so that it can begin with what is kept of an earlier one; then its row
    joins the batch. Models whose caches cannot be cut (sliding windows, recurrent layers) answer one
    at a time.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self._joins = can_cut(model.config)
        self._prefixes = Prefixes()
        self._batch = Batch(model)
        self._waiting: deque[Request] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        _ENGINES.add(self)

    def submit(self, request: Request) -> None:
        """Queue a request; its ``emit`` hears the rest."""
        with self._changed:
            self._waiting.append(request)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="mm-agent-local-model", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Cancel everything and wait for the thread: none may compute while the interpreter goes down."""
        with self._changed:
            self._closing = True
            for request in [*self._waiting, *self._batch.requests]:
                request.cancel()
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    @torch.inference_mode()
    def _serve(self) -> None:
        while self._something_to_do():
            while (request := self._next_waiting()) is not None:
                self._admit(request)
            if self._batch.requests:
                self._step()

    def _something_to_do(self) -> bool:
        """Wait for work; False ends the thread."""
        with self._changed:
            if not self._waiting and not self._batch.requests and not self._closing:
                self._changed.wait(IDLE_S)
            if not self._waiting and not self._batch.requests:
                self._thread = None
                return False
            return True

    def _next_waiting(self) -> Request | None:
        with self._changed:
            room = len(self._batch.requests) < (MAX_ROWS if self._joins else 1)
            return self._waiting.popleft() if room and self._waiting else None

    def _admit(self, request: Request) -> None:
        """Compute a prompt, say the first token, and join the batch if there is more to say."""
        try:
            self._prefill(request)
        except Exception as error:
            request.tell(_explained(error))

    def _prefill(self, request: Request) -> None:
        reusing = self._joins and request.reuse
        request.reused, rows = self._prefixes.find(request.keys) if reusing else (0, None)
        cache, output = cache_of(rows, self._model.config), None
        length = len(request.prompt)
        for start in range(request.reused, length, PREFILL_TOKENS):
            if request.over:
                return
            end = min(start + PREFILL_TOKENS, length)
            part = model_input(self._model, request.prompt, request.soft, start, end)
            output = self._model(**part, past_key_values=cache, use_cache=True, logits_to_keep=1)
        if reusing:
            self._prefixes.add(request.keys, rows_of(cache))
        if output is not None and request.advance(output.logits[0, -1]):
            self._batch.join(request, cache, len(request.prompt))

    def _step(self) -> None:
        """One token for everyone."""
        try:
            over = [request for request in self._batch.requests if request.over]
            self._let_go(over)
            if not self._batch.requests:
                return
            logits = self._batch.step()
            ended = [
                request
                for request, row in zip(self._batch.requests, logits, strict=True)
                if not self._advance(request, row)
            ]
            self._let_go(ended)
        except Exception as error:
            for request in self._batch.requests:
                request.tell(_explained(error))
            self._batch = Batch(self._model)

    def _advance(self, request: Request, logits: torch.Tensor) -> bool:
        """One request's next token; its failure is its own."""
        try:
            return request.advance(logits)
        except Exception as error:
            request.tell(_explained(error))
            return False

    def _let_go(self, requests: list[Request]) -> None:
        if not requests:
            return
        for request in requests if self._joins else []:
            if request.reuse:
                self._prefixes.add(*self._batch.row(request))
        self._batch.leave(requests)


def _explained(error: Exception) -> Exception:
    """What a person can act on."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return LocalModelError(
            "the GPU's memory is full; use a smaller model, a smaller dtype or device='cpu'"
        )
    return error


_ENGINES: WeakSet[Engine] = WeakSet()


@atexit.register
def _close_engines() -> None:
    for engine in list(_ENGINES):
        engine.close()
