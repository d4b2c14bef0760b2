"""Whether a model has said anything yet in the call that is under way.

A reader sees words as they come, so a call that broke off is only made again while nothing was heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import register_configure_hook


class Heard(BaseCallbackHandler):
    """Notes the first word; ``anything`` is True from then on."""

    run_inline = True

    def __init__(self) -> None:
        self.anything = False

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        """A piece of the answer; tool calls and reasoning come with empty text."""
        self.anything = self.anything or bool(token)


_current: ContextVar[Heard | None] = ContextVar("mm_agent_heard", default=None)
register_configure_hook(_current, inheritable=True)


@contextmanager
def listening() -> Iterator[Heard]:
    """Note whether the model calls inside say anything."""
    heard = Heard()
    token = _current.set(heard)
    try:
        yield heard
    finally:
        _current.reset(token)
