"""The shipped video, the demo weights, and its features, made once for this folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from mm_agent.media.video import Frame, Video, open_video
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.clips.features import ClipFeatures

EXAMPLE = Path(__file__).parents[3] / "examples" / "changing-scene.mp4"


class CountedVideo:
    """A video that counts the frames it decodes."""

    def __init__(self, video: Video) -> None:
        self._video = video
        self.info = video.info
        self.decoded = 0

    def walk(self, every: float, *, size: int) -> Iterator[Frame]:
        return self._counted(self._video.walk(every, size=size))

    def at(self, times: Iterable[float], *, size: int) -> Iterator[Frame]:
        return self._counted(self._video.at(times, size=size))

    def _counted(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self.decoded += 1
            yield frame


@pytest.fixture
def video() -> CountedVideo:
    """A cat until second 4, two cars until second 8, three apples until second 12."""
    return CountedVideo(open_video(EXAMPLE))


@pytest.fixture(scope="session")
def demo() -> SiglipEncoder:
    """The shipped weights."""
    return SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def clip(demo: SiglipEncoder) -> ClipFeatures:
    """What is kept of the shipped video."""
    return demo.embed_clip(open_video(EXAMPLE), "the-example")
