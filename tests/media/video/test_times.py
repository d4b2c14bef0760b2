"""Which frame is shown when: every container and encoding in use, constant and variable rates."""

import random
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest

from mm_agent.errors import MediaNotFound
from mm_agent.media.handles import FrameHandle, VideoHandle, parse_handle
from mm_agent.media.video import Video, open_video
from mm_agent.media.video.decoder import Decoder
from tests.media.video.films import H264, STEADY_ONLY, Coding, film, number_of, steady

VP8 = (("deadline", "good"), ("cpu-used", "5"), ("auto-alt-ref", "1"), ("lag-in-frames", "10"))
OPEN_GOP = (("preset", "veryfast"), ("x264-params", "open-gop=1:bframes=3:b-pyramid=normal"))
CODINGS = {
    "mp4": H264,
    "mov": Coding(ending="mov"),
    "mkv": Coding(ending="mkv"),
    "mkv, open groups": Coding(ending="mkv", options=OPEN_GOP),
    "flv": Coding(ending="flv"),
    "ts": Coding(ending="ts", unit=Fraction(1, 90000)),
    "webm": Coding("libvpx", "webm", options=VP8),
    "av1": Coding("libsvtav1", "mp4", options=(("preset", "8"), ("crf", "10"))),
    "avi": Coding("mpeg4", "avi", unit=STEADY_ONLY, options=(("bf", "2"),)),
    "mpg": Coding("mpeg2video", "mpg", unit=STEADY_ONLY, options=(("bf", "2"),)),
    "wmv": Coding("wmv2", "wmv", unit=STEADY_ONLY, options=()),
}
STEADY = steady(45)
UNEVEN = [0, 40, 80, 200, 217, 234, 300, 1000, 1040, 1500, 1517, 1600, *range(1633, 2600, 33)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(params=[*CODINGS, *(f"{name}, uneven" for name in ("mp4", "mkv", "ts", "webm", "flv"))])
def case(request: pytest.FixtureRequest, folder: Path, monkeypatch) -> tuple[Video, list[int]]:
    """A video and the times of its frames in milliseconds."""
    monkeypatch.setenv("SVT_LOG", "0")  # the AV1 encoder talks
    name, uneven = request.param.removesuffix(", uneven"), request.param.endswith(", uneven")
    times = UNEVEN if uneven else STEADY
    path = film(folder, times, CODINGS[name], name=request.param.replace(", ", "-"))
    return open_video(path), times


def millis(seconds: float) -> int:
    return round(seconds * 1000)


def test_every_frame_once_at_its_time(case: tuple[Video, list[int]]):
    video, times = case
    frames = list(video.walk())
    assert [number_of(frame.image) for frame in frames] == list(range(len(times)))
    start = millis(frames[0].seconds)  # AVI: what comes out of the decoder first waits for a frame
    assert start in (0, 40)
    assert [millis(frame.seconds) - start for frame in frames] == times
    assert video.info.frames == len(times)
    assert times[-1] < millis(video.info.duration) - start <= times[-1] + 70


def test_frames_at_times_are_those_of_the_walk(case: tuple[Video, list[int]]):
    """However few are asked for: what is passed over, by jumps or undecoded, must not change the rest."""
    video, _ = case
    walked = [(millis(frame.seconds), number_of(frame.image)) for frame in video.walk()]
    dice = random.Random(5)
    for count in (1, 1, 1, 2, 3, 8):
        times = sorted(dice.randint(0, millis(video.info.duration)) for _ in range(count))
        expected = [max([walked[0], *(pair for pair in walked if pair[0] <= time)]) for time in times]
        found = [(millis(f.seconds), number_of(f.image)) for f in video.at([time / 1000 for time in times])]
        assert found == expected


def test_a_frame_s_time_leads_back_to_it(case: tuple[Video, list[int]]):
    video, _ = case
    frames = list(video.walk())[::4]
    assert [video.seconds_at(frame.seconds) for frame in frames] == [frame.seconds for frame in frames]
    again = list(video.at([frame.seconds for frame in frames]))
    assert [number_of(frame.image) for frame in again] == [number_of(frame.image) for frame in frames]


@pytest.mark.parametrize("rate", [24, 30, 60, 240])
def test_milliseconds_tell_frames_apart(tmp_path: Path, rate: int):
    step = Fraction(1001, rate)  # as television counts: 59.94 frames a second and the like
    times = [number * step for number in range(30)]
    video = open_video(film(tmp_path, times, Coding(unit=step / 1000)))
    assert video.info.notes == ()
    assert [frame.seconds for frame in video.walk()] == [round(float(time / 1000), 3) for time in times]
    for number in (0, 1, 7, 28, 29):
        text = str(FrameHandle(VideoHandle(1), float(times[number] / 1000)))
        handle = parse_handle(text)
        assert isinstance(handle, FrameHandle)
        assert number_of(next(video.at([handle.seconds])).image) == number


def test_steps_of_a_walk(tmp_path: Path):
    video = open_video(film(tmp_path, UNEVEN, name="uneven"))
    assert [frame.seconds for frame in video.walk(0.5)] == [0.0, 0.3, 1.0, 1.5, 1.996, 2.491]
    assert [frame.seconds for frame in video.walk(0.1, start=0.3, end=1.05)] == [0.3, 1.0]
    assert [frame.seconds for frame in video.walk(start=0.21, end=1.0)] == [0.2, 0.217, 0.234, 0.3]
    assert [frame.seconds for frame in video.walk(100)] == [0.0]
    assert list(video.walk(start=99)) == list(video.walk(end=0)) == list(video.walk(start=1, end=1)) == []
    assert len(list(video.walk(1e-9))) == len(UNEVEN)


def test_a_time_before_sound_has_pictures_shows_the_first(tmp_path: Path):
    video = open_video(film(tmp_path, [500, 540, 580], sound_ms=1000))
    assert [frame.seconds for frame in video.walk()] == [0.5, 0.54, 0.58]
    assert [frame.seconds for frame in video.at([0, 0.2, 0.5])] == [0.5] * 3
    assert video.info.duration == 0.62


def test_times_outside(tmp_path: Path):
    video = open_video(film(tmp_path, steady(5)))
    assert number_of(next(video.at([video.info.duration])).image) == 4
    for time in (-0.1, 0.21, float("nan"), float("inf")):
        with pytest.raises(MediaNotFound, match=r"the video lasts from 0 to 0.2 s"):
            video.at([time])


def test_senseless_walks(tmp_path: Path):
    video = open_video(film(tmp_path, steady(5)))
    for every in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="every must be more than 0"):
            video.walk(every)
    with pytest.raises(ValueError, match="size must be 1 pixel or more"):
        video.walk(size=0)


def test_times_in_any_order_come_in_order(tmp_path: Path):
    video = open_video(film(tmp_path, steady(30)))
    assert [number_of(frame.image) for frame in video.at([1.0, 0.0, 0.41, 0.4])] == [0, 10, 10, 25]
    assert list(video.at([])) == []


def test_a_far_frame_is_reached_without_decoding_what_lies_before(tmp_path: Path, monkeypatch):
    video = open_video(film(tmp_path, steady(200)))
    packets = []
    prepare = Decoder._prepare
    monkeypatch.setattr(Decoder, "_prepare", lambda self, packet: (packets.append(1), prepare(self, packet)))
    assert number_of(next(video.at([7.0])).image) == 175
    assert len(packets) < 30
    packets.clear()
    assert len(list(video.walk(2.0))) == 4
    assert len(packets) < 60


def test_a_walk_given_up_early_decodes_little(tmp_path: Path, monkeypatch):
    video = open_video(film(tmp_path, steady(200)))
    packets = []
    prepare = Decoder._prepare
    monkeypatch.setattr(Decoder, "_prepare", lambda self, packet: (packets.append(1), prepare(self, packet)))
    walk = video.walk()
    assert number_of(next(walk).image) == 0
    walk.close()
    assert len(packets) < 30


def test_threads_share_a_video(tmp_path: Path):
    video = open_video(film(tmp_path, steady(60)))

    def work(start: int) -> list[int]:
        return [number_of(frame.image) for frame in video.walk(start=start / 25)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(0, 40, 10))) == [list(range(n, 60)) for n in range(0, 40, 10)]
