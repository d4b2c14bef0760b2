"""How much one browser may bring."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Caps:
    """Limits of uploads.

    Attributes:
        file_bytes: Largest file.
        files: Most files in one conversation.
        visitors: Most browsers remembered; the one longest away is forgotten first.
        idle_seconds: How long an unused conversation and its files are kept.
    """

    file_bytes: int = 100 * MIB
    files: int = 20
    visitors: int = 500
    idle_seconds: float = 24 * 3600.0

    @property
    def total_bytes(self) -> int:
        """What one conversation may hold in all: as much as three files of the largest size."""
        return 3 * self.file_bytes
