"""The models a visitor may choose, and those chosen that are being loaded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from mm_agent.errors import MMAgentError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choices:
    """The models a visitor may choose from, the first one to begin with."""

    llms: tuple[str, ...]
    visions: tuple[str, ...]


@dataclass(eq=False)
class Choice:
    """A pair of models on its way.

    Attributes:
        llm: Spec of the chat model.
        vision: Spec of the vision model.
        done: Set once they are there, or are known not to come.
        error: Why they do not come.
    """

    llm: str
    vision: str
    done: threading.Event = field(default_factory=threading.Event)
    error: str | None = None


class Picker:
    """Loads what was chosen, one choice after the other; of several that wait, the last one counts.

    Args:
        take_up: Loads a choice's models and lets them answer. It may ask ``pending`` once they are loaded.
    """

    def __init__(self, take_up: Callable[[Choice], None]) -> None:
        self._take_up = take_up
        self._pending: Choice | None = None
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    @property
    def pending(self) -> Choice | None:
        """The last choice while its models are being loaded."""
        return self._pending

    def choose(self, llm: str, vision: str) -> Choice:
        """Begin to load models, on a thread of its own."""
        with self._lock:
            self._pending = choice = Choice(llm, vision)
        threading.Thread(target=self._load, args=(choice,), daemon=True).start()
        return choice

    def _load(self, choice: Choice) -> None:
        try:
            with self._loading:
                if self._pending is choice:
                    self._take_up(choice)
        except MMAgentError as error:
            choice.error = " ".join(str(error).split())
        except Exception as error:
            log.exception("models could not be loaded")
            choice.error = type(error).__name__
        finally:
            with self._lock:
                if self._pending is choice:
                    self._pending = None
            choice.done.set()
