"""Who is evaluated: anything that takes media and answers questions. By default a chat session."""

from __future__ import annotations

import atexit
import json
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from mm_agent.agent.answer import Answer
from mm_agent.errors import EvalError
from mm_agent.media.item import MediaItem
from mm_agent.media.store import MediaStore
from mm_agent.settings import Settings, load_settings


class Conversation(Protocol):
    """One conversation; a ``ChatSession`` is one."""

    store: MediaStore

    def add(self, source: Any, *, name: str | None = None) -> MediaItem:
        """Add a picture or video."""
        ...

    def ask(self, question: str) -> Answer:
        """Ask about the media."""
        ...

    def stop(self) -> None:
        """Stop a running answer, from any thread."""
        ...


Contender = Callable[[], Conversation]
"""Begins a new conversation; safe to call from several threads."""


def contender(settings: Settings) -> Contender:
    """Chat sessions with these settings; encoder and chat model are loaded once, here."""
    from mm_agent.serve.session import ChatSession, new_store
    from mm_agent.vision.encoder import SiglipEncoder

    drawn = Path(tempfile.mkdtemp(prefix="mm-agent-eval-"))
    atexit.register(shutil.rmtree, drawn, ignore_errors=True)
    encoder = SiglipEncoder.from_pretrained(
        settings.vision,
        device=settings.device,
        dtype=settings.dtype,
        attn=settings.attn,
        cache_dir=settings.cache_dir,
    )
    model = ChatSession(encoder, settings).model

    def begin() -> ChatSession:
        store = new_store(settings, artifact_dir=drawn / secrets.token_hex(6))
        session = ChatSession(encoder, settings, store=store)
        session.model = model
        return session

    return begin


def find_contender(agent: str, settings: Mapping[str, Any]) -> Contender:
    """The contender that ``--agent`` names; the same one for the same arguments, since loading takes time.

    Args:
        agent: ``module:function`` of a function that takes ``Settings`` and returns a ``Contender``; the
            working folder's modules count. Empty: chat sessions.
        settings: Over those in force.

    Raises:
        EvalError: There is no such function.
        SettingsError: The settings make no sense.
    """
    in_force = load_settings(settings).model_dump_json()
    return _find(agent, json.dumps(settings, sort_keys=True, default=str), in_force)


@lru_cache(maxsize=4)
def _find(agent: str, settings: str, in_force: str) -> Contender:
    """``in_force`` tells apart what the variables and files say at the time."""
    chosen = load_settings(json.loads(settings))
    if not agent:
        return contender(chosen)
    module, colon, name = agent.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        make: Any = getattr(import_module(module), name) if colon else None
    except (ImportError, AttributeError) as error:
        raise EvalError(f"no agent at {agent!r}: {error}; write module:function") from error
    if not callable(make):
        raise EvalError(f"no agent at {agent!r}; write module:function")
    return cast(Contender, make(chosen))
