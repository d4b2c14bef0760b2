"""The vision encoders all conversations share, each loaded once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mm_agent.settings import Settings
    from mm_agent.vision.encoder import SiglipEncoder


class Encoders:
    """Encoders by spec; those who ask for one that is being loaded wait for it."""

    def __init__(self, settings: Settings, loaded: dict[str, SiglipEncoder] | None = None) -> None:
        self._settings = settings
        self._loaded = dict(loaded or {})
        self._lock = threading.Lock()

    def get(self, spec: str) -> SiglipEncoder:
        """The encoder of a spec.

        Raises:
            CheckpointError: There is no such checkpoint, or it cannot be loaded.
        """
        with self._lock:
            if spec not in self._loaded:
                self._loaded[spec] = self._load(spec)
            return self._loaded[spec]

    def _load(self, spec: str) -> SiglipEncoder:
        from mm_agent.vision.encoder import SiglipEncoder

        settings = self._settings
        return SiglipEncoder.from_pretrained(
            spec,
            device=settings.device,
            dtype=settings.dtype,
            attn=settings.attn,
            cache_dir=settings.cache_dir,
        )
