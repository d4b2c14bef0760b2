"""What may be opened: folders, hosts, sizes and time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mm_agent.errors import SettingsError

MIB = 2**20


@dataclass(frozen=True)
class MediaPolicy:
    """Limits on where media may come from and how large they may be.

    Attributes:
        roots: Folders local files may lie in, links followed; None: anywhere; empty: no local files at all.
        urls: Whether http(s) addresses may be fetched.
        private_hosts: Whether addresses of this machine and of private networks may be fetched.
        max_bytes: Largest encoded picture, in bytes, also after undoing HTTP compression; and the largest
            video that comes from an address or from memory, since such a one is held whole for a moment.
        max_pixels: Largest picture or frame, width times height. Pillow itself stops at about 179 million.
        max_video_bytes: Largest video file.
        max_video_seconds: Longest video.
        video_timeout_s: Longest time that decoding may take, in seconds, for one look at a video.
        max_redirects: Redirects followed for one address.
        timeout_s: Longest time for one address, in seconds: resolving, redirects and body together.
    """

    roots: tuple[Path, ...] | None = None
    urls: bool = True
    private_hosts: bool = False
    max_bytes: int = 64 * MIB
    max_pixels: int = 64_000_000
    max_video_bytes: int = 4096 * MIB
    max_video_seconds: float = 4 * 3600.0
    video_timeout_s: float = 1800.0
    max_redirects: int = 5
    timeout_s: float = 20.0

    def __post_init__(self) -> None:
        for name, least in (
            ("max_bytes", 1),
            ("max_pixels", 1),
            ("max_video_bytes", 1),
            ("max_redirects", 0),
        ):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be {least} or more, got {getattr(self, name)}")
        for name in ("max_video_seconds", "video_timeout_s", "timeout_s"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"{name} must be more than 0 seconds, got {getattr(self, name)}")
        if self.roots is not None:
            # Resolved once, so that a root that is itself a link compares with resolved paths.
            object.__setattr__(self, "roots", tuple(Path(root).resolve() for root in self.roots))

    @classmethod
    def untrusted(cls) -> Self:
        """For references from a model or from strangers: no local files, no private hosts."""
        return cls(roots=())
