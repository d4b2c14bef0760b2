"""From a source to its picture, under a policy."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.data_uri import decode_data_uri
from mm_agent.media.decode import decode_image
from mm_agent.media.files import read_file
from mm_agent.media.picture import Picture, to_picture
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.source import (
    BytesSource,
    DataUriSource,
    PathSource,
    PictureSource,
    Source,
    UrlSource,
)
from mm_agent.media.words import quoted


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
    data = read_source(source, policy)
    try:
        return Loaded(decode_image(data, policy), data)
    except (MediaDecodeError, MediaRefused) as error:
        raise type(error)(f"{quoted(source.name)}: {error}") from error


def read_source(source: PathSource | UrlSource | DataUriSource | BytesSource, policy: MediaPolicy) -> bytes:
    """The encoded bytes of a source."""
    match source:
        case PathSource(path):
            return read_file(path, policy)
        case UrlSource(url):
            # HTTP is loaded only when an address is read.
            from mm_agent.media.fetch import fetch_url

            return fetch_url(url, policy)
        case DataUriSource(text):
            return decode_data_uri(text, policy)
        case BytesSource(data):
            return data


def _from_memory(source: PictureSource, policy: MediaPolicy) -> Picture:
    if isinstance(source.picture, Image.Image):
        return to_picture(source.picture, policy)
    from mm_agent.media.arrays import picture_from_array

    return picture_from_array(source.picture, policy)
