"""What a model has said so far in the call that is under way, as it comes.

A reader sees words at once, so a call that broke off is only made again while nothing was heard. And the text
of a tool call's arguments is only seen here: LangChain reads streamed arguments that break off as if they
were whole, ``{"noun": "ca`` as ``ca``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.tracers.context import register_configure_hook


class Heard(BaseCallbackHandler):
    """Listens to model calls; ``anything`` is True from the first word on.

    Args:
        around: Who else listens, from further out.
    """

    run_inline = True

    def __init__(self, around: Heard | None = None) -> None:
        self.anything = False
        self._around = around
        self._calling: list[AIMessageChunk] = []

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, **kwargs: Any) -> None:
        """A piece of the answer; tool calls and reasoning come with empty text."""
        self.anything = self.anything or bool(token)
        message = getattr(chunk, "message", None)
        if isinstance(message, AIMessageChunk) and message.tool_call_chunks:
            self._calling.append(message)
        if self._around is not None:
            self._around.on_llm_new_token(token, chunk=chunk, **kwargs)

    @property
    def arguments(self) -> dict[str | None, str]:
        """The arguments of streamed tool calls as the model wrote them, by the call's id."""
        if not self._calling:
            return {}
        whole = add_ai_message_chunks(*self._calling)
        return {call["id"]: call["args"] or "" for call in whole.tool_call_chunks}


_current: ContextVar[Heard | None] = ContextVar("mm_agent_heard", default=None)
register_configure_hook(_current, inheritable=True)


@contextmanager
def listening() -> Iterator[Heard]:
    """Listen to the model calls inside."""
    heard = Heard(around=_current.get())
    token = _current.set(heard)
    try:
        yield heard
    finally:
        _current.reset(token)
