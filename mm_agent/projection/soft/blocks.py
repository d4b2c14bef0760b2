"""Pictures and clips as chat messages carry them, read into soft prompts.

A block is a plain dict: LangChain's ``{"type": "image", "base64" | "url" | "file_id": ...}``,
``video`` alike,
OpenAI's ``image_url`` or Anthropic's ``source``. ``file_id`` is a media handle: ``img-1``, ``vid-1@2.5s``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from mm_agent.errors import MediaRefused
from mm_agent.media.handles import VideoHandle, looks_like_handle, parse_handle
from mm_agent.media.load import load_picture
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.source import parse_source
from mm_agent.media.store import MediaStore

if TYPE_CHECKING:
    from PIL import Image

    from mm_agent.projection.soft.look import SoftEyes, SoftPrompt

VISUAL = frozenset({"image", "image_url", "video"})
_REMEMBERED = 64  # addresses whose pictures are not fetched again


@dataclass(frozen=True)
class Seen:
    """One picture of a block, or one frame of its clip, with its time in seconds."""

    prompt: SoftPrompt
    seconds: float | None = None


@dataclass
class BlockReader:
    """Reads blocks; safe to share between threads.

    Attributes:
        eyes: look at pictures, each once.
        policy: what an address may name; None: strangers' rules, no local files and no private hosts.
        frames: how many frames of a clip are looked at, spread evenly.
    """

    eyes: SoftEyes
    policy: MediaPolicy | None = None
    frames: int = 8
    _fetched: OrderedDict[str, Image.Image] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def read(self, block: Mapping[str, Any], store: MediaStore | None) -> list[Seen]:
        """Look at what a block names.

        Args:
            block: of one of the types in ``VISUAL``.
            store: where handles are looked up; None: handles are refused.

        Raises:
            MediaError: It cannot be opened, or the policy says no.
            ProjectorError: It cannot be turned into soft tokens.
        """
        named = reference(block)
        if isinstance(named, str) and looks_like_handle(named):
            if store is None:
                raise MediaRefused(
                    f"{named} is a media handle, and this model has no store to find it in; "
                    "give it media_store="
                )
            if isinstance(parse_handle(named), VideoHandle):
                return self._watch(store, named)
            return self._look(store.image(named))
        if block.get("type") == "video":
            raise MediaRefused(
                "a clip is taken by its handle only; add it to a MediaStore and name it as file_id"
            )
        return self._look(self._open(named))

    def _look(self, picture: Image.Image) -> list[Seen]:
        with self._lock:  # the same picture in two calls at once is looked at once
            return [Seen(self.eyes.look(picture))]

    def _watch(self, store: MediaStore, handle: str) -> list[Seen]:
        video = store.video(handle)
        count = max(1, min(self.frames, video.info.frames))
        times = [video.info.duration * (index + 0.5) / count for index in range(count)]
        frames = list(video.at(times))
        with self._lock:
            prompts = self.eyes.watch([frame.image for frame in frames], [frame.seconds for frame in frames])
        return [Seen(prompt, frame.seconds) for prompt, frame in zip(prompts, frames, strict=True)]

    def _open(self, named: str | bytes) -> Image.Image:
        policy = self.policy or MediaPolicy.untrusted()
        if isinstance(named, bytes) or not named.lower().startswith(("http://", "https://")):
            return load_picture(parse_source(named), policy).picture.image
        with self._lock:
            known = self._fetched.get(named)
        if known is None:
            known = load_picture(parse_source(named), policy).picture.image
            with self._lock:
                self._fetched[named] = known
                while len(self._fetched) > _REMEMBERED:
                    self._fetched.popitem(last=False)
        return known


def reference(block: Mapping[str, Any]) -> str | bytes:
    """What a block names: a handle, an address, a data URI or encoded bytes.

    Raises:
        MediaRefused: It names nothing.
    """
    inner = block.get("image_url") or block.get("source") or block
    if isinstance(inner, str):
        return inner
    if data := inner.get("base64") or inner.get("data"):
        kind = inner.get("mime_type") or inner.get("media_type") or "image/png"
        return bytes(data) if isinstance(data, bytes) else f"data:{kind};base64,{data}"
    if named := inner.get("file_id") or inner.get("url") or inner.get("id"):
        return str(named)
    raise MediaRefused(
        f"a block of type {block.get('type')!r} holds no picture; give it base64 with "
        "mime_type, url or file_id"
    )
