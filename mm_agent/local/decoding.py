"""Tokens to text, as they come, up to a stop string."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers.decoders import DecodeStream
from transformers import PreTrainedTokenizerFast

from mm_agent.local.speech import TAGS


def unspoken_tokens(tokenizer: PreTrainedTokenizerFast) -> frozenset[int]:
    """The special tokens that are no text; tags of reasoning and calls are text, however they are marked."""
    tags = {number for text, number in tokenizer.get_vocab().items() if text in TAGS}
    return frozenset(tokenizer.all_special_ids) - tags


class TextStream:
    """One answer's text; what may yet become a stop string is held back, and the stop string is left out."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, unspoken: frozenset[int], stop: Sequence[str]
    ) -> None:
        self._tokenizer = tokenizer
        self._stream = DecodeStream(skip_special_tokens=False)
        self._pending: list[int] = []  # tokens whose text ends within a character
        self._unspoken = unspoken
        self._stop = tuple(stop)
        self._held = ""
        self.stopped = False

    def add(self, token: int) -> str:
        """Take a token, and give the text that is certain by now (often none: half a character)."""
        if token in self._unspoken:
            return ""
        self._pending.append(token)
        if text := self._stream.step(self._tokenizer.backend_tokenizer, token):
            self._held += text
            self._pending.clear()
        found = [at for at in map(self._held.find, self._stop) if at >= 0]
        if found:
            self.stopped = True
            held, self._held = self._held[: min(found)], ""
            self._pending.clear()
            return held
        size = len(self._held) - self._half_stop()
        ready, self._held = self._held[:size], self._held[size:]
        return ready

    def end(self) -> str:
        """Give what was held back, but for half a character at the very end."""
        rest = str(self._tokenizer.decode(self._pending)).rstrip("\N{REPLACEMENT CHARACTER}")
        held, self._held = self._held + rest, ""
        self._pending.clear()
        return held

    def _half_stop(self) -> int:
        """How many characters at the end may be the beginning of a stop string."""
        for size in range(max(map(len, self._stop), default=1) - 1, 0, -1):
            if self._held.endswith(tuple(stop[:size] for stop in self._stop if len(stop) > size)):
                return size
        return 0
