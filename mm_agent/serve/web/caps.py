"""How much one visitor may bring, and how many conversations there are."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Caps:
    """Limits of uploads and conversations.

    Attributes:
        file_bytes: Largest file.
        files: Most files in one conversation.
        visitors: Most conversations held in memory; the one unused for longest is closed first.
        idle_seconds: How long an unused one is held in memory.
        conversations: Most conversations kept on disk; the one unused for longest is forgotten first.
    """

    file_bytes: int = 100 * MIB
    files: int = 20
    visitors: int = 500
    idle_seconds: float = 3600.0
    conversations: int = 500

    @property
    def total_bytes(self) -> int:
        """What one conversation may hold in all: as much as three files of the largest size."""
        return 3 * self.file_bytes
