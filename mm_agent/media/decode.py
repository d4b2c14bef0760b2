"""Encoded bytes to a picture: only known formats, size checked before a pixel is decoded."""

from __future__ import annotations

import io

from PIL import Image, features

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.frames import frame_note
from mm_agent.media.picture import Picture, check_size, to_picture
from mm_agent.media.pillow_guard import pillow_guard
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.sniff import Sniffed, sniff
from mm_agent.media.words import size_words

# Pillow knows some 40 formats; each more is more code open to hostile files. MPO comes with JPEG.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF")
_ADVICE = {
    "HTML page": "give the address of the picture itself, not of the page that shows it",
    "SVG drawing": "export it as PNG",
    "PDF": "export the page as PNG",
}


def decode_image(data: bytes, policy: MediaPolicy | None = None) -> Picture:
    """Decode a picture to upright RGB.

    Of an animated or many-page file the first frame or page is used, and a note says so.

    Args:
        data: A JPEG (or MPO), PNG (or APNG), GIF, WebP, BMP, TIFF, PPM or AVIF file.
        policy: Its ``max_bytes`` and ``max_pixels`` apply; None: the default policy.

    Raises:
        MediaRefused: Too large, or a video.
        MediaDecodeError: Not one of these formats, truncated or damaged.
    """
    policy = policy or MediaPolicy()
    if len(data) > policy.max_bytes:
        raise MediaRefused(
            f"the picture is {size_words(len(data))}, the limit is {size_words(policy.max_bytes)}; "
            "use a smaller picture or raise max_bytes"
        )
    stored_format = _readable_format(data)
    with pillow_guard(), Image.open(io.BytesIO(data), formats=[stored_format]) as image:
        check_size(image.width, image.height, policy)
        note = frame_note(image, data)
        return to_picture(image, policy, notes=(note,) if note else ())


def _readable_format(data: bytes) -> str:
    if not data:
        raise MediaDecodeError("the picture is empty (0 bytes); save or download it again")
    found = sniff(data)
    if found is None:
        # Nothing of the content is quoted: a model may be reading this about a file it should not see.
        raise MediaDecodeError(f"not a picture in a known format; use {', '.join(FORMATS)}, or a video")
    if found.family == "video":
        raise MediaRefused(
            f"this is a video ({found.name}), not a picture; use a picture or a frame saved from it"
        )
    if found.family == "other":
        raise _not_a_picture(found)
    if found.name == "AVIF" and not features.check("avif"):
        raise MediaDecodeError("this Pillow was built without AVIF; convert the picture to PNG or JPEG")
    return found.name


def _not_a_picture(found: Sniffed) -> MediaDecodeError:
    advice = _ADVICE.get(found.name, "convert it to PNG or JPEG")
    return MediaDecodeError(f"the bytes are of kind {found.name}, which is not read as a picture; {advice}")
