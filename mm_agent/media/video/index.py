"""When each frame of a video is shown, and where decoding can start: one quick pass over its packets."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.video.budget import DecodeBudget

# 37 hours at 30 frames a second; 64 MB of index.
MOST_FRAMES = 4_000_000
_LOOK_AT_CLOCK = 4096
# Milliseconds that steps may differ by: Matroska and Flash store times as whole milliseconds.
_SAME_STEP = 2
# Formats whose header says how long the whole is.
_DECLARED = ("mov", "matroska", "avi", "flv", "asf")


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Frames in the order they are shown, by position.

    Attributes:
        ticks: Presentation times in the track's own unit, ascending. # (N,) int64
        millis: The same in milliseconds from the video's start. # (N,) int64
        keys: Ticks of the frames that decoding can start at, ascending; the first is no later than frame 0.
        duration: When the last frame ends, in seconds from the start.
    """

    ticks: np.ndarray
    millis: np.ndarray
    keys: np.ndarray
    duration: float

    def __len__(self) -> int:
        return len(self.ticks)

    def shown_at(self, seconds: float) -> int:
        """Position of the frame shown at a time, in whole milliseconds; before the first: the first."""
        found = int(np.searchsorted(self.millis, round(seconds * 1000), side="right")) - 1
        return max(found, 0)

    def position(self, tick: int) -> int:
        """Position of the last frame shown at a tick or before."""
        return max(int(np.searchsorted(self.ticks, tick, side="right")) - 1, 0)

    def first_from(self, seconds: float) -> int:
        """Position of the first frame shown from a time on."""
        return int(np.searchsorted(self.millis, round(seconds * 1000), side="left"))

    def shown_every(self, every: float, start: float, end: float) -> list[int]:
        """Positions of the frames shown at ``start``, ``start + every``... before ``end``, each once."""
        # By frame, not by moment: however small the steps are, there are only so many frames. A moment counts
        # for a frame when, rounded to a millisecond, it is not before the frame and before the next one.
        edges = np.append(self.millis, round(self.duration * 1000)).astype(float)
        moments_before = np.ceil((np.minimum(edges, end * 1000) - 0.5 - start * 1000) / (every * 1000))
        moments_before[0] = 0  # the first frame stands for what is before it, too
        return np.flatnonzero(np.diff(np.maximum(moments_before, 0)) > 0).tolist()

    def key_for(self, position: int) -> int:
        """Tick of the frame to start decoding at for a frame: the last key shown no later than it."""
        found = int(np.searchsorted(self.keys, self.ticks[position], side="right")) - 1
        return int(self.keys[max(found, 0)])

    @property
    def rate(self) -> float:
        """Mean frames per second."""
        shown = self.duration - self.seconds(0)
        return round(len(self) / shown, 3) if shown > 0 else 0.0

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about the times."""
        if len(self) < 3:
            return ()
        steps = np.diff(self.millis)
        if steps.max() - steps.min() <= _SAME_STEP:
            return ()
        return (f"variable frame rate: frames {steps.min()} to {steps.max()} ms apart",)

    def seconds(self, position: int) -> float:
        """When a frame is first shown, to the millisecond."""
        return int(self.millis[position]) / 1000


def scan(
    container: InputContainer, track: VideoStream, policy: MediaPolicy, budget: DecodeBudget
) -> FrameIndex:
    """Read all packets without decoding any.

    Raises:
        MediaDecodeError: No frame at all, or the file breaks off long before its declared end.
        MediaRefused: Longer than the policy allows, or too many frames.
    """
    unit = track.time_base or Fraction(1, 1000)
    ticks, keys = array("q"), array("q")
    last, seen = 0, Fraction(0)
    with budget:
        for count, packet in enumerate(_readable(container)):
            if count % _LOOK_AT_CLOCK == 0:
                budget.check()
            start = packet.pts if packet.pts is not None else packet.dts
            if start is None or packet.size == 0:
                continue
            stop = start + (packet.duration or 0)
            seen = max(seen, stop * packet.time_base)
            if packet.stream_index != track.index or packet.is_discard:
                continue
            ticks.append(start)
            last = max(last, stop)
            if packet.is_keyframe:
                keys.append(start)
            if len(ticks) > MOST_FRAMES:
                raise MediaRefused(f"the video has more than {MOST_FRAMES:,} frames; use a shorter one")
    if not ticks:
        raise MediaDecodeError("the video holds no frame; record or download it again")
    start = Fraction(container.start_time or 0, 1_000_000)
    _check_complete(container, track, float(seen - start))
    return _index(np.frombuffer(ticks, np.int64), np.frombuffer(keys, np.int64), last, start, unit, policy)


def _readable(container: InputContainer) -> Iterator[Packet]:
    try:
        yield from container.demux()
    except FFmpegError:  # where a file breaks off; how much is missing is judged from the times
        return


def _check_complete(container: InputContainer, track: VideoStream, seen: float) -> None:
    if container.format.name not in _DECLARED:
        return
    declared = (container.duration or 0) / 1_000_000
    if container.format.name == "avi":  # FFmpeg takes the length from the size there is, not from the header
        declared = max(declared, float(track.frames * (track.time_base or 0)))
    if seen < declared - max(1.0, 0.02 * declared):
        raise MediaDecodeError(
            f"the video breaks off after {max(seen, 0):.1f} of {declared:.1f} s; copy or download it again"
        )


def _index(
    ticks: np.ndarray, keys: np.ndarray, last: int, start: Fraction, unit: Fraction, policy: MediaPolicy
) -> FrameIndex:
    ticks, keys = np.unique(ticks), np.unique(keys)
    # The earliest of all tracks is the start, as in a player; its microseconds are brought to a whole tick.
    origin = min(round(start / unit), int(ticks[0]))
    millis = np.rint((ticks - origin) * float(unit * 1000)).astype(np.int64)
    if last <= ticks[-1]:  # nothing says how long the last frame is shown: as long as the others
        last = int(ticks[-1]) + max(1, round((int(ticks[-1]) - int(ticks[0])) / max(len(ticks) - 1, 1)))
    duration = round(float((last - origin) * unit), 3)
    if duration > policy.max_video_seconds:
        raise MediaRefused(
            f"the video lasts {duration:.0f} s, the limit is {policy.max_video_seconds:g} s; "
            "use a shorter video or raise max_video_seconds"
        )
    if not len(keys) or keys[0] > ticks[0]:
        keys = np.concatenate([ticks[:1], keys])
    return FrameIndex(ticks, millis, keys, duration)
