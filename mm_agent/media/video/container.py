"""Opening a video with FFmpeg, shut in: one demuxer chosen by content, no second file, no network."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from mm_agent.errors import MediaDecodeError, MediaNotFound, MediaRefused
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.sniff import HEAD_BYTES, sniff
from mm_agent.media.video.guard import ffmpeg_guard
from mm_agent.media.words import size_words

# FFmpeg knows some 350 formats and 500 decoders, playlists and network protocols among them; each more is
# more code open to hostile files. The demuxer follows from our own look at the file, so none is ever guessed.
DEMUXERS = {
    "MP4": "mov",
    "QuickTime": "mov",
    "AVI": "avi",
    "WebM or Matroska": "matroska",
    "MPEG transport stream": "mpegts",
    "MPEG": "mpeg",
    "Ogg": "ogg",
    "Flash video": "flv",
    "Windows Media": "asf",
}
DECODERS = (
    *("h264", "hevc", "libdav1d", "vp9", "vp8", "libvpx-vp9", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg"),
    *("theora", "h263", "flv", "prores", "dnxhd", "ffv1", "huffyuv", "rawvideo", "png", "vc1"),
    *("wmv1", "wmv2", "wmv3", "msmpeg4v1", "msmpeg4v2", "msmpeg4"),
)
_READ_BYTES = 256 * 1024
# Each thread of a decoder holds frames of its own.
_MOST_THREADS = 8


@contextmanager
def opened_video(path: Path, policy: MediaPolicy) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video and its picture track, ready to demux and decode.

    Raises:
        MediaNotFound: The file is gone.
        MediaRefused: Larger than the policy allows, in bytes or in pixels.
        MediaDecodeError: Not a video, damaged, or without pictures.
    """
    with _opened_file(path) as file:
        demuxer = _demuxer(file, policy)
        options = {
            "protocol_whitelist": "none",
            "codec_whitelist": ",".join(DECODERS),
            "max_pixels": str(policy.max_pixels),
        }
        with (
            ffmpeg_guard(),
            av.open(
                _OneFile(file),
                "r",
                format=demuxer,
                options=options,
                io_open=_no_second_file,
                buffer_size=_READ_BYTES,
            ) as container,
        ):
            yield container, _picture_track(container, policy)


class _OneFile:
    """All that FFmpeg sees of the world. A damaged file sends it to impossible places: no exception here."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = file.read
        self.tell = file.tell

    def seek(self, offset: int, whence: int) -> int:
        """Go to a place; a negative number, as FFmpeg has it, where there is none."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -errno.EINVAL


def _opened_file(path: Path) -> BinaryIO:
    try:
        return open(path, "rb", buffering=0)
    except OSError as error:
        raise MediaNotFound(f"the video cannot be opened ({error.strerror}); add it again") from error


def _demuxer(file: BinaryIO, policy: MediaPolicy) -> str:
    size = os.fstat(file.fileno()).st_size
    if size > policy.max_video_bytes:
        raise too_large(size, policy)
    found = sniff(file.read(HEAD_BYTES))
    file.seek(0)
    if found is None or found.name not in DEMUXERS:
        known = ", ".join(name for name in DEMUXERS if name != "QuickTime")
        kind = "" if found is None else f" but of kind {found.name}"
        raise MediaDecodeError(f"not a video in a known format{kind}; convert it to one of {known}")
    return DEMUXERS[found.name]


def too_large(size: int, policy: MediaPolicy) -> MediaRefused:
    """The error for a file above ``max_video_bytes``."""
    return MediaRefused(
        f"the video is {size_words(size)}, the limit is {size_words(policy.max_video_bytes)}; "
        "use a smaller video or raise max_video_bytes"
    )


def _no_second_file(*_: Any) -> NoReturn:
    raise MediaRefused("the video refers to another file or address, which is not opened; use a plain video")


def _picture_track(container: InputContainer, policy: MediaPolicy) -> VideoStream:
    # Cover art of a sound file comes as a video track of one picture.
    tracks = [track for track in container.streams.video if not track.disposition & Disposition.attached_pic]
    if not tracks:
        what = "only sound" if container.streams.audio else "no video track"
        raise MediaDecodeError(f"the file holds {what}; use a video with pictures")
    track = tracks[0]
    if track.codec_context is None or track.codec_context.codec.name not in DECODERS:
        name = "an unknown encoding" if track.codec_context is None else track.codec_context.codec.name
        raise MediaDecodeError(
            f"the video is stored as {name}, which is not read; convert it to H.264 in MP4"
        )
    if not track.width:  # FFmpeg, held to max_pixels, takes no larger size from the file
        raise MediaRefused(
            f"the video's frames have no size, or more than {policy.max_pixels:,} pixels; use a smaller video"
        )
    check_frame_size(track.width, track.height, policy)
    decoder = track.codec_context
    decoder.thread_type = ThreadType.AUTO
    decoder.thread_count = min(os.cpu_count() or 1, _MOST_THREADS)
    decoder.options = {"max_pixels": str(policy.max_pixels)}
    decoder.open()
    return track


def check_frame_size(width: int, height: int, policy: MediaPolicy) -> None:
    """Refuse a video by the size of its frames.

    Raises:
        MediaRefused: Too many pixels.
    """
    if width * height > policy.max_pixels:
        raise MediaRefused(
            f"the video is {width}x{height}, {width * height:,} pixels a frame; "
            f"the limit is {policy.max_pixels:,}; use a smaller video or raise max_pixels"
        )
