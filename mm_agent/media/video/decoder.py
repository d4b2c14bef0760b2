"""Decoding chosen frames of a video, in the order they are shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain

from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mm_agent.errors import MediaDecodeError
from mm_agent.media.video.budget import DecodeBudget
from mm_agent.media.video.index import FrameIndex

# Passing over fewer frames than this by a jump costs more than decoding them: a jump empties the decoder.
_WORTH_A_JUMP = 16
# Seconds further back that a jump is tried again where a format's jumps are inexact; the last is the start.
_STEPS_BACK = (0, 1, 8, 10**9)
# Damaged packets are passed over, as players do, up to so many and such a share of all.
_MOST_DAMAGED, _MOST_DAMAGED_SHARE = 10, 0.1


class Decoder:
    """Decodes one walk over a video; for one thread."""

    def __init__(
        self, container: InputContainer, track: VideoStream, index: FrameIndex, budget: DecodeBudget
    ) -> None:
        self._container = container
        self._track = track
        self._index = index
        self._budget = budget
        self._packets: Iterator[Packet | None] = self._demuxed()
        self._ready: deque[VideoFrame] = deque()
        self._shown: VideoFrame | None = None
        self._key = int(index.keys[0])  # the last frame given to the decoder that decoding can start at
        self._wanted: set[int] | None = None
        self._read = self._damaged = 0

    def frames(self, positions: Sequence[int]) -> Iterator[VideoFrame]:
        """The frames at ascending positions of the index, one for each; for a lost one, the one before it.

        Raises:
            MediaDecodeError: Nothing can be decoded, or too much is damaged.
            MediaRefused: The time is used up.
        """
        if len(positions) < len(self._index) // 2:
            self._wanted = {int(self._index.ticks[position]) for position in positions}
        for position in positions:
            if self._jump_pays(position):
                self._jump(self._index.key_for(position))
            yield self._decode_to(int(self._index.ticks[position]))

    def _decode_to(self, tick: int) -> VideoFrame:
        while self._shown is None or tick_of(self._shown) < tick:
            if not self._ready and not self._feed():
                break
            if not self._ready:
                continue
            if self._shown is not None and tick_of(self._ready[0]) > tick:
                break
            self._shown = self._ready.popleft()
        if self._shown is None:
            raise MediaDecodeError("no frame of the video can be decoded; save or download it again")
        return self._shown

    def _feed(self) -> bool:
        """Give the decoder one packet; False at the end."""
        with self._budget:
            try:
                packet = next(self._packets)
                self._prepare(packet)
                self._ready.extend(self._track.decode(packet))
            except StopIteration:
                return False
            except InvalidDataError:
                self._count_damage()
        return True

    def _prepare(self, packet: Packet | None) -> None:
        self._read += 1
        if packet is None or packet.pts is None:
            return
        if packet.is_keyframe:
            self._key = packet.pts
        if self._wanted is not None:
            # Frames that no other is made from need no decoding unless they are asked for.
            self._track.codec_context.skip_frame = "DEFAULT" if packet.pts in self._wanted else "NONREF"

    def _count_damage(self) -> None:
        self._damaged += 1
        if self._damaged > max(_MOST_DAMAGED, _MOST_DAMAGED_SHARE * self._read):
            raise MediaDecodeError(
                f"the video is damaged: {self._damaged} of {self._read} packets cannot be decoded; "
                "save or download it again"
            )

    def _jump_pays(self, position: int) -> bool:
        key = self._index.key_for(position)
        if key <= self._key:
            return False
        here = self._index.position(tick_of(self._shown)) if self._shown is not None else 0
        return self._index.position(key) - here > _WORTH_A_JUMP

    def _jump(self, key: int) -> None:
        """Go on decoding at a key, or at an earlier one where the format cannot find it."""
        for seconds in _STEPS_BACK:
            back = round(seconds / self._track.time_base) if self._track.time_base else 0
            target = max(key - back, int(self._index.ticks[0]))
            with self._budget:
                self._container.seek(target, stream=self._track)
                packets = self._demuxed()
                first = next((p for p in packets if p is not None and p.is_keyframe), None)
            if first is not None and first.pts is not None and first.pts <= key:
                self._packets = chain([first], packets)
                self._ready.clear()
                self._shown = None
                return
        raise MediaDecodeError("the video cannot be read from its middle; convert it to MP4")

    def _demuxed(self) -> Iterator[Packet | None]:
        """The track's packets, then None, at which the decoder gives what it still holds."""
        try:
            for packet in self._container.demux(self._track):
                if packet.size:
                    yield packet
        except FFmpegError:  # where a file breaks off; the index ends there as well
            pass
        yield None


def tick_of(frame: VideoFrame) -> int:
    """When a frame is shown, in the track's unit; formats without presentation times store only the order."""
    return frame.pts if frame.pts is not None else frame.dts or 0
