"""Keeps the tool calls of a free answer within the tools' schemas.

A model that may call or answer as it likes writes freely until it opens a call; from there to the end of the
call a grammar holds it to a tool that exists and to arguments of its schema. llama.cpp: a lazy grammar.
"""

from __future__ import annotations

import torch
from llguidance import LLTokenizer

from mm_agent.errors import LocalModelError
from mm_agent.local.constraint import Constraint
from mm_agent.local.sampling import Sampler

_ENDLESS = 2**31  # a call is never hurried to its end: one that is cut is none, not one with less in it


class CallGuard:
    """One answer's calls.

    Args:
        tokenizer: The checkpoint's.
        grammar: Of a call behind its opening tag, in llguidance's Lark.
        opening: The token that opens a call.
    """

    def __init__(self, tokenizer: LLTokenizer, grammar: str, opening: int) -> None:
        self._tokenizer, self._grammar, self._opening = tokenizer, grammar, opening
        self._within: Constraint | None = None

    def choose(self, logits: torch.Tensor, before: list[int], sampler: Sampler) -> int:
        """Choose the next token from logits (V,) after the tokens before it."""
        if self._within is None:
            token = sampler.choose(logits, before)
            self._within = self._opened() if token == self._opening else None
            return token
        token = self._within.choose(logits, before, sampler, _ENDLESS)
        if self._within.done:
            self._within = None
        return token

    def _opened(self) -> Constraint | None:
        try:
            return Constraint(self._tokenizer, self._grammar, _ENDLESS)
        except LocalModelError:  # a schema that no grammar holds; the call is read as it comes
            return None
