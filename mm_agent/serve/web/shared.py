"""The models all conversations share, each loaded once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from mm_agent.agent.sight import Sight
    from mm_agent.settings import Settings
    from mm_agent.vision.encoder import SiglipEncoder

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shared(Generic[K, V]):
    """Things by key; those who ask for one that is being loaded wait for it, and only they."""

    def __init__(self, load: Callable[[K], V], loaded: Mapping[K, V] | None = None) -> None:
        self._load = load
        self._loaded: dict[K, V] = dict(loaded or {})
        self._loading: dict[K, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V:
        """The thing of a key; an error of loading it is raised, and the next one who asks tries again."""
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            if key not in self._loaded:
                self._loaded[key] = self._load(key)
            return self._loaded[key]


def shared_encoders(
    settings: Settings, loaded: Mapping[str, SiglipEncoder] | None = None
) -> Shared[str, SiglipEncoder]:
    """Vision encoders by spec."""

    def load(spec: str) -> SiglipEncoder:
        from mm_agent.vision.encoder import SiglipEncoder

        return SiglipEncoder.from_pretrained(
            spec,
            device=settings.device,
            dtype=settings.dtype,
            attn=settings.attn,
            cache_dir=settings.cache_dir,
        )

    return Shared(load, loaded)


class SharedChatModels:
    """Loads chat models for sessions: one for all that want the same, with its projector if it has one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._models: Shared[tuple[str, Sight | None], BaseChatModel] = Shared(self._load)

    def __call__(
        self, spec: str, /, *, language: Literal["auto", "en", "zh"], settings: Settings, sight: Sight | None
    ) -> BaseChatModel:
        """The chat model of a spec; a server's sessions differ in nothing else that one is made of."""
        return self._models.get((spec, sight))

    def _load(self, key: tuple[str, Sight | None]) -> BaseChatModel:
        from mm_agent.agent import load_chat_model

        spec, sight = key
        return load_chat_model(spec, language=self._settings.language, settings=self._settings, sight=sight)
