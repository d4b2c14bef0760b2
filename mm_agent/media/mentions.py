"""The pictures a tool's artifact refers to: handles, and files saved in the store's artifact folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from mm_agent.errors import MediaNotFound
from mm_agent.media.decode import decode_image
from mm_agent.media.handles import VideoHandle, looks_like_handle, parse_handle
from mm_agent.media.store import MediaStore


def mentioned_pictures(artifact: Any, store: MediaStore) -> list[str]:
    """Name every picture in an artifact once: saved files, then handles of pictures, regions and frames.

    Args:
        artifact: Evidence as plain data, of whatever tool; any text in it may be a mention.
        store: Whose artifact folder it is; a file anywhere else is none of its pictures.
    """
    handles = [text for text in dict.fromkeys(_texts(artifact)) if _is_picture_handle(text)]
    return saved_pictures(artifact, store) + handles


def saved_pictures(artifact: Any, store: MediaStore) -> list[str]:
    """Name the pictures in an artifact that a tool drew: the paths of PNG files in the artifact folder."""
    texts = dict.fromkeys(_texts(artifact))
    return [text for text in texts if text.lower().endswith(".png") and _is_saved(text, store)]


def open_mention(store: MediaStore, mention: str) -> Image.Image:
    """The pixels of something `mentioned_pictures` named.

    Raises:
        MediaError: It is no longer there.
    """
    if not mention.lower().endswith(".png"):
        return store.image(mention)
    try:
        data = Path(mention).read_bytes()
    except OSError as error:
        raise MediaNotFound(f"the saved picture {mention_name(mention)} is no longer there") from error
    return decode_image(data, store.policy).image


def mention_name(mention: str) -> str:
    """How to call it: the handle, or the file's name without its folder."""
    return Path(mention).name if mention.lower().endswith(".png") else mention


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _is_saved(text: str, store: MediaStore) -> bool:
    try:
        path = Path(text).resolve()
        return path.is_relative_to(store.artifact_dir.resolve()) and path.is_file()
    except (OSError, ValueError):
        return False


def _is_picture_handle(text: str) -> bool:
    if not looks_like_handle(text):
        return False
    try:
        return not isinstance(parse_handle(text), VideoHandle)
    except MediaNotFound:
        return False
