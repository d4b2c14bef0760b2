"""From a source to its picture, under a policy."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.data_uri import decode_data_uri
from mm_agent.media.decode import decode_image
from mm_agent.media.files import open_file, read_whole
from mm_agent.media.picture import Picture, to_picture
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.sniff import HEAD_BYTES, sniff
from mm_agent.media.source import (
    BytesSource,
    DataUriSource,
    PathSource,
    PictureSource,
    Source,
    UrlSource,
)
from mm_agent.media.words import quoted

EncodedSource = PathSource | UrlSource | DataUriSource | BytesSource


@dataclass(frozen=True)
class Loaded:
    """A picture and, unless it came from memory as pixels, the bytes it was decoded from."""

    picture: Picture
    data: bytes | None


def load_picture(source: Source, policy: MediaPolicy) -> Loaded:
    """Read and decode a source.

    Raises:
        MediaNotFound: No such file or address.
        MediaRefused: The policy says no, or the source is a video.
        MediaDecodeError: Not a picture this package reads; the message names the source.
    """
    if isinstance(source, PictureSource):
        return Loaded(_from_memory(source, policy), None)
    with open_source(source, policy) as stream:
        return read_picture(stream, source, policy)


def open_source(source: EncodedSource, policy: MediaPolicy) -> BinaryIO:
    """The encoded bytes of a source: a file as it lies there, anything else whole in memory."""
    match source:
        case PathSource(path):
            return open_file(path, policy)
        case UrlSource(url):
            # HTTP is loaded only when an address is read.
            from mm_agent.media.fetch import fetch_url

            return io.BytesIO(fetch_url(url, policy))
        case DataUriSource(text):
            return io.BytesIO(decode_data_uri(text, policy))
        case BytesSource(data):
            return io.BytesIO(data)


def holds_video(stream: BinaryIO) -> bool:
    """Whether an open source begins as a video does; it stays at its beginning."""
    found = sniff(stream.read(HEAD_BYTES))
    stream.seek(0)
    return found is not None and found.family == "video"


def read_picture(stream: BinaryIO, source: EncodedSource, policy: MediaPolicy) -> Loaded:
    """Decode an open source; raises as `load_picture`."""
    data = read_whole(stream, source.path, policy) if isinstance(source, PathSource) else stream.read()
    try:
        return Loaded(decode_image(data, policy), data)
    except (MediaDecodeError, MediaRefused) as error:
        raise type(error)(f"{quoted(source.name)}: {error}") from error


def _from_memory(source: PictureSource, policy: MediaPolicy) -> Picture:
    if isinstance(source.picture, Image.Image):
        return to_picture(source.picture, policy)
    from mm_agent.media.arrays import picture_from_array

    return picture_from_array(source.picture, policy)
