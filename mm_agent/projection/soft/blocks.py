"""Pictures and clips as chat messages carry them, read into soft prompts.

A block is a plain dict: LangChain's ``{"type": "image", "base64" | "url" | "file_id": ...}``, ``video``
alike, OpenAI's ``image_url`` or Anthropic's ``source``. ``file_id`` is a media handle: ``img-1``,
``vid-1@2.5s``.
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
from mm_agent.projection.soft.clips import Shown, spread

if TYPE_CHECKING:
    from mm_agent.projection.soft.look import SoftEyes, SoftPrompt

VISUAL = frozenset({"image", "image_url", "video"})
_REMEMBERED = 64  # addresses whose pictures and frames are not fetched again


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
    _fetched: OrderedDict[str, Shown] = field(default_factory=OrderedDict)
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
                return self._look(spread(store.video(named), self.frames))
            return self._look(store.image(named))
        return self._look(self._open(named, clip=block.get("type") == "video"))

    def _look(self, shown: Shown) -> list[Seen]:
        with self._lock:  # the same picture in two calls at once is looked at once
            if not isinstance(shown, list):
                return [Seen(self.eyes.look(shown))]
            prompts = self.eyes.watch([frame.image for frame in shown], [frame.seconds for frame in shown])
        return [Seen(prompt, prompt.time) for prompt in prompts]

    def _open(self, named: str | bytes, *, clip: bool) -> Shown:
        if isinstance(named, bytes) or not named.lower().startswith(("http://", "https://")):
            return self._load(named, clip=clip)
        key = f"{clip}:{named}"
        with self._lock:
            known = self._fetched.get(key)
        if known is None:
            known = self._load(named, clip=clip)
            with self._lock:
                self._fetched[key] = known
                while len(self._fetched) > _REMEMBERED:
                    self._fetched.popitem(last=False)
        return known

    def _load(self, named: str | bytes, *, clip: bool) -> Shown:
        policy = self.policy or MediaPolicy.untrusted()
        if not clip:
            return load_picture(parse_source(named), policy).picture.image
        with MediaStore(policy) as store:  # a decoder needs a file, which goes with the store
            item = store.add(named)
            if item.kind != "video":
                raise MediaRefused("a block of type 'video' holds a picture; give it type 'image'")
            return spread(store.video(item.handle), self.frames)


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
