"""Media: from paths, addresses, data URIs, bytes and arrays to upright RGB pictures under stable handles.

Names are imported on first use, so that importing this package loads no imaging or HTTP library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.lazy import lazy_names

if TYPE_CHECKING:
    from mm_agent.media.atomic import write_atomic
    from mm_agent.media.decode import decode_image
    from mm_agent.media.digest import picture_digest
    from mm_agent.media.handles import (
        Box,
        FrameHandle,
        Handle,
        ImageHandle,
        RegionHandle,
        VideoHandle,
        parse_handle,
    )
    from mm_agent.media.item import MediaItem
    from mm_agent.media.load import load_picture
    from mm_agent.media.picture import Picture
    from mm_agent.media.policy import MediaPolicy
    from mm_agent.media.source import Source, parse_source
    from mm_agent.media.store import MediaStore

_HOMES = {
    "Box": ".handles",
    "FrameHandle": ".handles",
    "Handle": ".handles",
    "ImageHandle": ".handles",
    "MediaItem": ".item",
    "MediaPolicy": ".policy",
    "MediaStore": ".store",
    "Picture": ".picture",
    "RegionHandle": ".handles",
    "Source": ".source",
    "VideoHandle": ".handles",
    "decode_image": ".decode",
    "load_picture": ".load",
    "parse_handle": ".handles",
    "parse_source": ".source",
    "picture_digest": ".digest",
    "write_atomic": ".atomic",
}

__all__ = [
    "Box",
    "FrameHandle",
    "Handle",
    "ImageHandle",
    "MediaItem",
    "MediaPolicy",
    "MediaStore",
    "Picture",
    "RegionHandle",
    "Source",
    "VideoHandle",
    "decode_image",
    "load_picture",
    "parse_handle",
    "parse_source",
    "picture_digest",
    "write_atomic",
]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)
