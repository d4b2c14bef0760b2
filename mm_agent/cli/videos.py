"""Opening the video a verb was given, and the features of its frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mm_agent.cli.common import Call
from mm_agent.cli.pictures import display_name

if TYPE_CHECKING:
    from mm_agent.media.store import MediaItem, MediaStore
    from mm_agent.vision.clips.features import ClipFeatures


@dataclass(frozen=True)
class OpenedVideo:
    """A video in the store, and the words the user named it with."""

    call: Call
    source: str
    store: MediaStore
    item: MediaItem

    @cached_property
    def clip(self) -> ClipFeatures:
        """The features of its sampled frames."""
        return self.call.encoder.embed_clip(self.store.video(self.item.handle), self.item.sha256)

    def describe(self) -> dict[str, Any]:
        """The video's part of a JSON document."""
        item = self.item
        return {
            "video": self.source,
            "handle": item.handle,
            "width": item.width,
            "height": item.height,
            "duration": item.duration,
            "notes": list(item.notes),
        }


def open_video(call: Call, source: str) -> OpenedVideo:
    """Open one video.

    Raises:
        MediaError: it is missing, refused or no video.
    """
    store = call.new_store()
    item = store.add(source, name=display_name(source))
    store.video(item.handle)
    return OpenedVideo(call, source, store, item)
