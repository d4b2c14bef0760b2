"""Keeps an answer within a grammar, and brings it to a proper end before its tokens run out."""

from __future__ import annotations

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer

from mm_agent.errors import LocalModelError
from mm_agent.local.grammar import END_PARAMETER
from mm_agent.local.sampling import Sampler

# What ends a string, a value or a list soonest; what begins the shortest value; a comma only when it must be.
_WITHIN_TEXT = (END_PARAMETER, '"', "Z")
_BETWEEN = ("}", "]", '"', "0", "null", "true", "1", "2", "3", "4", "5", "6", "7", "8", "9", "[", "{", ",")
_NEAR_THE_END = 64  # tokens left below which every step makes sure that the rest still fits
_LONGEST_END = 4096


class Constraint:
    """One answer's grammar.

    Args:
        tokenizer: The checkpoint's.
        grammar: In llguidance's Lark.
        room: How many tokens the answer may have.

    Raises:
        LocalModelError: The grammar or its schema cannot be used, or the shortest answer does not fit.
    """

    def __init__(self, tokenizer: LLTokenizer, grammar: str, room: int) -> None:
        self._tokenizer = tokenizer
        self._matcher = LLMatcher(tokenizer, grammar, log_level=0)
        if self._matcher.is_error():
            reason = self._matcher.get_error().splitlines()[0]
            raise LocalModelError(f"the schema cannot be enforced ({reason}); simplify it")
        self._end = self._ending(self._matcher)
        if len(self._end) > room:
            raise LocalModelError(
                f"the shortest answer by the schema takes {len(self._end)} tokens and {room} are left; "
                "raise max_tokens, or shorten the conversation"
            )
        self._near = max(_NEAR_THE_END, 4 * len(self._end))
        self._checked = False  # whether self._end is the shortest end from here
        self._forced: list[int] = []

    @property
    def done(self) -> bool:
        """Whether nothing may follow."""
        return self._matcher.is_stopped()

    def choose(self, logits: torch.Tensor, before: list[int], sampler: Sampler, room: int) -> int:
        """Choose a token the grammar allows, after which the answer can still end within ``room`` tokens.

        Args:
            logits: (V,).
            before: The tokens so far.
            sampler: Chooses among the allowed.
            room: Tokens left, this one included.
        """
        token = self._forced.pop(0) if self._forced else None
        if token is None:
            token = sampler.choose(self._masked(logits), before)
            if room <= self._near:
                token = self._within(token, room)
        self._matcher.consume_token(token)
        return token

    def _masked(self, logits: torch.Tensor) -> torch.Tensor:
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        allowed = torch.from_numpy(np.unpackbits(bits, bitorder="little")[: logits.numel()].astype(bool))
        return logits.masked_fill(~allowed.to(logits.device), float("-inf"))

    def _within(self, token: int, room: int) -> int:
        """The token if the rest fits after it; else the first of the shortest end, which is then kept to."""
        end = self._end if self._checked else self._ending(self._matcher)
        after = self._matcher.deep_copy()
        after.consume_token(token)
        rest = self._ending(after)
        if len(rest) < room or not end:
            self._end, self._checked = rest, True
            return token
        self._forced = end[1:]
        return end[0]

    def _ending(self, matcher: LLMatcher) -> list[int]:
        """A short way from a state to the end of the grammar, in tokens."""
        matcher = matcher.deep_copy()
        tokens: list[int] = []
        while not (matcher.is_accepting() or matcher.is_stopped()) and len(tokens) < _LONGEST_END:
            step = matcher.compute_ff_tokens() or self._step_to_end(matcher)
            if not step or not matcher.consume_tokens(step):
                break
            tokens += step
        return tokens

    def _step_to_end(self, matcher: LLMatcher) -> list[int]:
        within_text = self._allows(matcher, "Z")
        for text in _WITHIN_TEXT if within_text else _BETWEEN:
            if self._allows(matcher, text):
                return self._tokenizer.tokenize_str(text)
        bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")
        return [int(bits.argmax())] if bits.any() else []

    def _allows(self, matcher: LLMatcher, text: str) -> bool:
        tokens = self._tokenizer.tokenize_str(text)
        return matcher.validate_tokens(tokens) == len(tokens)
