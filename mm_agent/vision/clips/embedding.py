"""From a video to its frames' vectors: decoding runs ahead while the encoder works, each clip once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from math import ceil, log2
from threading import Lock
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from mm_agent.vision.caches import LRU, DiskTensors
from mm_agent.vision.clips.features import THUMB_SIDE, ClipFeatures, ClipSampling, small_picture
from mm_agent.vision.clips.read_ahead import in_batches, read_ahead

if TYPE_CHECKING:
    from mm_agent.media.video import Frame, Video

_MIB = 1 << 20
# Between frames of one scene SigLIP's cosine stays well above this; a gap below it is worth a second look.
_ALIKE = 0.93


class ClipEmbedder:
    """Features of clips, cached by content and sampling: memory first, then the disk.

    Args:
        encode: pictures to vectors (D,), in micro-batches.
        batch_size: frames encoded at a time; twice as many wait decoded.
        side: pixels a side that the encoder looks at; frames come hardly larger from the decoder.
        open_disk: called on first use; None keeps features in memory only.
    """

    def __init__(
        self,
        encode: Callable[[Sequence[Image.Image]], list[Tensor]],
        *,
        batch_size: int,
        side: int,
        open_disk: Callable[[], DiskTensors] | None,
    ) -> None:
        self._encode = encode
        self._batch_size = batch_size
        self._side = side
        self._open_disk = open_disk
        self._known: LRU[ClipFeatures] = LRU(128 * _MIB)
        self._lock = Lock()
        self._at_work: dict[str, Lock] = {}

    def embed(self, video: Video, digest: str, sampling: ClipSampling) -> ClipFeatures:
        """The features of a video whose content has this digest; decodes nothing when they are known.

        Raises:
            MediaError: the video cannot be decoded.
        """
        every = sampling.every(video.info.duration)
        key = f"{digest}-{every:.4f}-{sampling.closer}-{sampling.finest:g}"
        with self._alone(key):
            found = self._recall(key)
            if found is None:
                found = self._look(video, every, sampling)
                self._known.put(key, found)
                if self._open_disk is not None:
                    self._open_disk().put(key, found.tensors())
        return found

    def _recall(self, key: str) -> ClipFeatures | None:
        found = self._known.get(key)
        if found is None and self._open_disk is not None and (tensors := self._open_disk().get(key)):
            found = ClipFeatures.from_tensors(tensors)
            self._known.put(key, found)
        return found

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Two questions at once about one clip: the second waits for the first one's features."""
        with self._lock:
            lock = self._at_work.setdefault(key, Lock())
        try:
            with lock:
                yield
        finally:
            with self._lock:
                self._at_work.pop(key, None)

    def _look(self, video: Video, every: float, sampling: ClipSampling) -> ClipFeatures:
        seen = _Seen()
        self._take(video.walk(every=every, size=self._size(video)), seen)
        self._look_closer(video, seen, every, sampling)
        return ClipFeatures.of(video.info.duration, seen.times, seen.vectors, seen.thumbs)

    def _take(self, frames: Iterable[Frame], seen: _Seen) -> None:
        """Encodes frames, micro-batch by micro-batch, while the next ones are being decoded."""
        with closing(read_ahead(frames, depth=2 * self._batch_size)) as ahead:
            for batch in in_batches(ahead, self._batch_size):
                fresh = {frame.seconds: frame.image for frame in batch if frame.seconds not in seen.known}
                seen.times += fresh
                seen.known.update(fresh)
                seen.vectors += self._encode(list(fresh.values()))
                seen.thumbs += map(small_picture, fresh.values())

    def _size(self, video: Video) -> int:
        """Longest side of the frames, so that the shorter one is as long as the encoder's pictures."""
        width, height = video.info.width, video.info.height
        return max(THUMB_SIDE, ceil(self._side * max(width, height) / min(width, height)))

    def _look_closer(self, video: Video, seen: _Seen, every: float, sampling: ClipSampling) -> None:
        """Halves the gaps around the largest changes, all of them in one pass over the video a round."""
        gaps = seen.changes(sampling.closer)
        for _ in range(ceil(log2(max(every / sampling.finest, 1)))):
            wide = [(start, end) for start, end in gaps if end - start > sampling.finest]
            if not wide:
                return
            middles = sorted((start + end) / 2 for start, end in wide)
            self._take(video.at(middles, size=self._size(video)), seen)
            gaps = [seen.largest_change(start, end) for start, end in wide]


@dataclass
class _Seen:
    """Frames looked at so far, in any order."""

    times: list[float] = field(default_factory=list)
    vectors: list[Tensor] = field(default_factory=list)
    thumbs: list[bytes] = field(default_factory=list)
    known: set[float] = field(default_factory=set)

    def changes(self, most: int) -> list[tuple[float, float]]:
        """The gaps between neighbours that differ most, as (seconds, seconds)."""
        times, alike = self._neighbours(float("-inf"), float("inf"))
        unlike = (alike < _ALIKE).nonzero().flatten().tolist()
        ranked = sorted(unlike, key=lambda index: float(alike[index]))[:most]
        return [(times[index], times[index + 1]) for index in ranked]

    def largest_change(self, start: float, end: float) -> tuple[float, float]:
        """The gap between neighbours from `start` to `end` that differ most."""
        times, alike = self._neighbours(start, end)
        index = int(alike.argmin())
        return times[index], times[index + 1]

    def _neighbours(self, start: float, end: float) -> tuple[list[float], Tensor]:
        """Times (n) from `start` to `end` and the cosine of each with its next (n - 1,)."""
        inside = sorted((t, i) for i, t in enumerate(self.times) if start <= t <= end)
        rows = torch.nn.functional.normalize(torch.stack([self.vectors[i] for _, i in inside]), dim=-1)
        return [t for t, _ in inside], (rows[1:] * rows[:-1]).sum(-1)
