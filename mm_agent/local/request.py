"""One answer in the making: its prompt, its limits and who hears it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic
from typing import Literal

import torch

from mm_agent.errors import LocalModelError
from mm_agent.local.call_guard import CallGuard
from mm_agent.local.constraint import Constraint
from mm_agent.local.decoding import TextStream
from mm_agent.local.fusion import SoftSpan, prompt_keys
from mm_agent.local.sampling import Sampler

Reason = Literal["stop", "length"]


@dataclass(frozen=True)
class Said:
    """A piece of text, from ``tokens`` tokens."""

    text: str
    tokens: int


@dataclass(frozen=True)
class Ended:
    """The answer is complete: why, and what it took in tokens; ``reused`` of the prompt were kept."""

    reason: Reason
    prompt_tokens: int
    new_tokens: int
    reused: int


Event = Said | Ended | Exception


@dataclass(eq=False)
class Request:
    """One call of the model.

    Attributes:
        prompt: its tokens; any token stands where a soft one does.
        soft: the soft tokens in it.
        room: how many tokens the answer may have.
        ends: tokens that end an answer.
        emit: hears of every event, on the engine's thread; must not block.
        constraint: what the answer must look like; None: anything.
        calls: what its tool calls must look like where the answer is free; None: anything.
        deadline: on the monotonic clock, in seconds.
        reuse: whether what was computed for earlier prompts may serve, and this be kept.
    """

    prompt: list[int]
    room: int
    ends: frozenset[int]
    sampler: Sampler
    text: TextStream
    emit: Callable[[Event], None]
    constraint: Constraint | None = None
    calls: CallGuard | None = None
    deadline: float | None = None
    reuse: bool = True
    soft: Sequence[SoftSpan] = ()
    reused: int = 0
    tokens: list[int] = field(default_factory=list)
    cancelled: bool = False
    _unsaid: int = 0

    @cached_property
    def keys(self) -> list[Hashable]:
        """What the prompt's places are known by."""
        return prompt_keys(self.prompt, self.soft)

    def cancel(self) -> None:
        """End it soon; nobody listens any more."""
        self.cancelled = True

    def tell(self, event: Event) -> None:
        """Pass on an event; a listener that is gone (a closed event loop) cancels the request."""
        try:
            if not self.cancelled:
                self.emit(event)
        except RuntimeError:
            self.cancel()

    @property
    def over(self) -> bool:
        """Whether it was cancelled or ran out of time; tells the listener of the latter."""
        if self.deadline is not None and monotonic() > self.deadline and not self.cancelled:
            self.tell(
                LocalModelError("the model was not done within the timeout; allow more, or ask for less")
            )
            self.cancel()
        return self.cancelled

    def advance(self, logits: torch.Tensor) -> bool:
        """Choose the next token from logits (V,), say it, and tell whether more may follow."""
        before = [*self.prompt, *self.tokens]
        if self.constraint:
            token = self.constraint.choose(logits, before, self.sampler, self.room - len(self.tokens))
        elif self.calls:
            token = self.calls.choose(logits, before, self.sampler)
        else:
            token = self.sampler.choose(logits, before)
        self.tokens.append(token)
        ended = token in self.ends
        self._say("" if ended else self.text.add(token))
        if ended or self.text.stopped or (self.constraint and self.constraint.done):
            self._end("stop")
        elif len(self.tokens) >= self.room:
            self._end("length")
        else:
            return True
        return False

    def _say(self, text: str) -> None:
        self._unsaid += 1
        if text:
            self.tell(Said(text, self._unsaid))
            self._unsaid = 0

    def _end(self, reason: Reason) -> None:
        if rest := self.text.end():
            self.tell(Said(rest, self._unsaid))
        self.tell(Ended(reason, len(self.prompt), len(self.tokens), self.reused))
