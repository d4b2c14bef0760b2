"""Videos the model named, opened, and the features of their frames."""

from __future__ import annotations

from dataclasses import dataclass

from mm_agent.errors import ToolInputError
from mm_agent.media.store import MediaItem, MediaStore
from mm_agent.media.video import Video
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools._inputs import Look, look_at


@dataclass(frozen=True)
class Watch:
    """A video to watch: what is known about it, and the open video."""

    item: MediaItem
    video: Video


def open_clip(store: MediaStore, reference: str) -> Watch:
    """Open what the model named.

    Args:
        store: Holds the videos; its policy says whether paths and URLs are taken too.
        reference: A video's handle, or a path or URL.

    Raises:
        ToolInputError: Nothing was named, or a picture.
        MediaError: Unknown handle (the message names the known ones), or refused, or not a video.
    """
    if not reference.strip():
        raise ToolInputError("video is empty; give a video's handle such as vid-1")
    item = store.resolve(reference)
    if item.kind != "video":
        raise ToolInputError(
            f"{item.handle} is a picture, not a video; give a video's handle such as vid-1, "
            "or look at the picture with classify_image"
        )
    return Watch(item, store.video(item.handle))


def open_media(store: MediaStore, reference: str) -> Look | Watch:
    """Open a picture, or a video, whichever it is.

    Raises:
        ToolInputError: Nothing was named.
        MediaError: As `open_clip`.
    """
    if not reference.strip():
        raise ToolInputError("image is empty; give a media handle such as img-1 or vid-1")
    item = store.resolve(reference)
    if item.kind == "video":
        return Watch(item, store.video(item.handle))
    return look_at(store, item)


def watch(encoder: SiglipEncoder, look: Watch) -> ClipFeatures:
    """The features of a video's sampled frames; decodes nothing for a video that was watched before."""
    return encoder.embed_clip(look.video, look.item.sha256)
