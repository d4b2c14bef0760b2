"""A video: what it is, a walk over its frames, and the frames shown at given times."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

from mm_agent.errors import MediaNotFound
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.video.budget import DecodeBudget
from mm_agent.media.video.container import check_frame_size, opened_video
from mm_agent.media.video.decoder import Decoder, tick_of
from mm_agent.media.video.facts import Frame, VideoInfo
from mm_agent.media.video.index import scan
from mm_agent.media.video.upright import Upright, shape_of


def open_video(path: str | Path, policy: MediaPolicy | None = None) -> Video:
    """Look through a video file: times of all frames from its packets, size and turn from its first frame.

    Whether the file may be read at all is for the caller to judge, as `mm_agent.media.MediaStore` does.

    Args:
        path: An MP4, MOV, WebM, Matroska, AVI, MPEG, Ogg, FLV or WMV file, told by its content.
        policy: Its limits for videos and ``max_pixels`` apply; None: the default policy.

    Raises:
        MediaNotFound: No such file.
        MediaRefused: Too large, too long, or too slow to look through.
        MediaDecodeError: Not a video, without pictures, damaged or cut short.
    """
    return Video(Path(path), policy or MediaPolicy())


class Video:
    """One video file, for any number of threads: it holds no open file, and every walk has its own decoder.

    Attributes:
        info: Duration, upright size, rate and so on.
    """

    info: VideoInfo

    def __init__(self, path: Path, policy: MediaPolicy) -> None:
        self._path = path
        self._policy = policy
        budget = DecodeBudget(policy.video_timeout_s)
        with opened_video(path, policy) as (container, track):
            self._index = scan(container, track, policy, budget)
        # Afresh: after the scan some formats do not find back to their start.
        with opened_video(path, policy) as (container, track):
            first = next(Decoder(container, track, self._index, budget).frames([0]))
            self._shape = shape_of(first, track.sample_aspect_ratio)
        self.info = self._look(policy)

    def walk(
        self,
        every: float | None = None,
        *,
        start: float = 0.0,
        end: float | None = None,
        size: int | None = None,
    ) -> Generator[Frame, None, None]:
        """Decode forward; memory does not grow with the length, whatever is walked over.

        Args:
            every: Seconds between the moments looked at: the frames shown at ``start``, ``start + every`` and
                so on, a frame that is shown at several of them once. None: every frame.
            start: Where to begin, in seconds; the frame shown then is the first.
            end: Where to stop, in seconds, not included; None: the end of the video.
            size: Longest side of the pictures, in pixels; None: as large as the video. Nothing is enlarged.

        Raises:
            ValueError: ``every`` or ``size`` is not positive.
            MediaRefused: The policy's decoding time is used up.
            MediaDecodeError: The video is damaged.
            MediaNotFound: The file is gone.
        """
        if every is not None and not every > 0:
            raise ValueError(f"every must be more than 0 seconds, got {every}")
        return self._frames(self._moments(every, start, end), size)

    def at(self, times: Iterable[float], *, size: int | None = None) -> Generator[Frame, None, None]:
        """The frames shown at some times, one for each time, in the order of time.

        Frames between them are passed over where that is quicker; the result is the same.

        Args:
            times: Seconds from the start, taken to the millisecond, in any order.
            size: As in `walk`.

        Raises:
            MediaNotFound: A time before the start or after the end.
            MediaRefused, MediaDecodeError: As `walk`.
        """
        return self._frames([self._position(time) for time in sorted(times)], size)

    def seconds_at(self, time: float) -> float:
        """When the frame shown at a time is first shown; decodes nothing.

        Raises:
            MediaNotFound: A time before the start or after the end.
        """
        return self._index.seconds(self._position(time))

    def _look(self, policy: MediaPolicy) -> VideoInfo:
        width, height = self._shape.upright
        check_frame_size(width, height, policy)
        return VideoInfo(
            duration=self._index.duration,
            width=width,
            height=height,
            rate=self._index.rate,
            frames=len(self._index),
            rotation=self._shape.rotation,
            notes=self._index.notes,
        )

    def _position(self, time: float) -> int:
        if not 0 <= time <= self.info.duration:
            raise MediaNotFound(
                f"there is nothing at {time:g} s; the video lasts from 0 to {self.info.duration:g} s"
            )
        return self._index.shown_at(time)

    def _moments(self, every: float | None, start: float, end: float | None) -> Sequence[int]:
        stop = self.info.duration if end is None else min(end, self.info.duration)
        if not max(start, 0.0) < stop:
            return ()
        first = self._index.shown_at(max(start, 0.0))
        if every is None:
            return range(first, self._index.first_from(stop))
        return self._index.shown_every(every, max(start, 0.0), stop)

    def _frames(self, positions: Sequence[int], size: int | None) -> Generator[Frame, None, None]:
        if size is not None and size < 1:
            raise ValueError(f"size must be 1 pixel or more, got {size}")
        return self._decoded(positions, Upright(self._shape, size))

    def _decoded(self, positions: Sequence[int], upright: Upright) -> Generator[Frame, None, None]:
        if not len(positions):
            return
        budget = DecodeBudget(self._policy.video_timeout_s)
        with opened_video(self._path, self._policy) as (container, track):
            for frame in Decoder(container, track, self._index, budget).frames(positions):
                with budget:
                    picture = upright.picture(frame)
                yield Frame(self._index.seconds(self._index.position(tick_of(frame))), picture)
