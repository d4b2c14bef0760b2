"""Video decoders side by side: OpenCV, this package (PyAV) and, where it is installed, torchcodec.

    python benchmarks/decoders.py --seconds 20 --out benchmarks/results/decoders.json

Right answers: films whose frames carry their number, of constant and of variable rate, turned by a quarter,
and cut in half. Speed: a 1280x720 H.264 film with a key every 250 frames, as phones and the web have them;
all frames, the frame shown at every full second, and single frames at random times. All make RGB pictures.
Time is that of the processor, of all threads together, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

ROOT = Path(__file__).parents[1]
RATE = 30
UNEVEN = [0, 40, 80, 200, 217, 234, 300, 1000, 1040, 1500, 1517, 1600, *range(1633, 4000, 33)]

Shown = tuple[float, np.ndarray]
"""When a frame is shown, in seconds, and its pixels. # (H, W, 3) uint8, RGB"""


class Decoder(Protocol):
    """One way to read a video file."""

    name: str

    def all(self, path: Path) -> Iterator[Shown]:
        """Every frame."""
        ...

    def at(self, path: Path, times: Sequence[float]) -> Iterator[np.ndarray]:
        """The frames shown at ascending times."""
        ...


class OpenCV:
    """``cv2.VideoCapture``: read for all, jumps by time for single frames, grab and keep for many."""

    name = "opencv"

    def all(self, path: Path) -> Iterator[Shown]:
        from mm_agent.media.opencv import cv2

        capture = cv2.VideoCapture(str(path))
        while True:
            there, picture = capture.read()
            if not there:
                return
            yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)

    def at(self, path: Path, times: Sequence[float]) -> Iterator[np.ndarray]:
        from mm_agent.media.opencv import cv2

        capture = cv2.VideoCapture(str(path))
        for moment in times:
            capture.set(cv2.CAP_PROP_POS_MSEC, moment * 1000)
            there, picture = capture.read()
            if there:
                yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


class Ours:
    """`mm_agent.media.video`, which decodes with PyAV."""

    name = "mm-agent"

    def all(self, path: Path) -> Iterator[Shown]:
        from mm_agent.media.video import open_video

        return ((frame.seconds, np.asarray(frame.image)) for frame in open_video(path).walk())

    def at(self, path: Path, times: Sequence[float]) -> Iterator[np.ndarray]:
        from mm_agent.media.video import open_video

        return (np.asarray(frame.image) for frame in open_video(path).at(times))


class TorchCodec:
    """``torchcodec.decoders.VideoDecoder`` in its exact mode."""

    name = "torchcodec"

    def all(self, path: Path) -> Iterator[Shown]:
        from torchcodec.decoders import VideoDecoder  # pyright: ignore[reportMissingImports]

        decoder = VideoDecoder(str(path), dimension_order="NHWC", seek_mode="exact", num_ffmpeg_threads=0)
        for number in range(len(decoder)):
            frame = decoder.get_frame_at(number)
            yield frame.pts_seconds, frame.data.numpy()

    def at(self, path: Path, times: Sequence[float]) -> Iterator[np.ndarray]:
        from torchcodec.decoders import VideoDecoder  # pyright: ignore[reportMissingImports]

        decoder = VideoDecoder(str(path), dimension_order="NHWC", seek_mode="exact", num_ffmpeg_threads=0)
        return (decoder.get_frame_played_at(moment).data.numpy() for moment in times)


@dataclass(frozen=True)
class Row:
    """One decoder's line; shares are of right answers, 0 to 1."""

    decoder: str
    version: str
    steady_times: float
    uneven_times: float
    steady_jumps: float
    uneven_jumps: float
    upright: bool
    cut_file: str
    frames_per_s: float
    seconds_per_s: float
    ms_per_jump: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the table and writes the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=int, default=20, help="length of the film that speed is measured on"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each; the median counts")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    decoders: list[Decoder] = [OpenCV(), Ours()]
    if _torchcodec_loads():
        decoders.append(TorchCodec())
    with tempfile.TemporaryDirectory() as folder:
        films = _films(Path(folder), options.seconds)
        rows = [_measure(decoder, films, options) for decoder in decoders]
    _print_table(rows)
    if options.out:
        options.out.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")


def _torchcodec_loads() -> bool:
    try:
        import torchcodec.decoders  # pyright: ignore[reportMissingImports]  # noqa: F401
    except (ImportError, RuntimeError) as error:  # its wheel looks for an FFmpeg of the system
        print(f"torchcodec is left out: {str(error).strip().splitlines()[0]}")
        return False
    return True


def _films(folder: Path, seconds: int) -> dict[str, Path]:
    from tests.media.video.films import Coding, film, steady

    long_gop = Coding(gop=250, options=(("preset", "veryfast"), ("bf", "3")))
    step = 1000 / RATE
    films = {
        "steady": film(folder, steady(100), Coding(gop=30), name="steady"),
        "uneven": film(folder, UNEVEN, Coding(gop=30), name="uneven"),
        "turned": film(folder, steady(10), clockwise=90, name="turned"),
        "cut": film(folder, steady(100), Coding(ending="mkv"), name="cut"),
        "large": film(
            folder, [round(n * step) for n in range(RATE * seconds)], long_gop, draw=_large, name="large"
        ),
    }
    data = films["cut"].read_bytes()
    films["cut"].write_bytes(data[: len(data) // 2])
    return films


def _large(number: int) -> np.ndarray:
    """A number's drawing under a moving texture, so that there is something to decode. # (720, 1280, 3)"""
    from tests.media.video.films import drawing

    plain = np.kron(drawing(number), np.ones((15, 10, 1), np.uint8)).astype(np.int16)
    texture = np.random.default_rng(1).integers(-24, 25, (90, 160, 1)).repeat(8, 0).repeat(8, 1)
    moved = np.roll(texture, (3 * number, 5 * number), (0, 1)).astype(np.int16)
    return np.clip(plain + moved, 0, 255).astype(np.uint8)


def _measure(decoder: Decoder, films: dict[str, Path], options: argparse.Namespace) -> Row:
    from tests.media.video.films import HEIGHT, WIDTH, steady

    dice = random.Random(1)
    jumps = [dice.uniform(0, options.seconds) for _ in range(10)]
    full_seconds = [float(second) for second in range(options.seconds)]
    every_frame = _median(lambda: _drain(decoder.all(films["large"])), options.rounds)
    every_second = _median(lambda: _drain(decoder.at(films["large"], full_seconds)), options.rounds)
    jumping = _median(
        lambda: [_drain(decoder.at(films["large"], [moment])) for moment in jumps], options.rounds
    )
    _, upright = next(iter(decoder.all(films["turned"])))
    return Row(
        decoder.name,
        version({"opencv": "opencv-python", "mm-agent": "av"}.get(decoder.name, decoder.name)),
        _right_times(decoder, films["steady"], steady(100)),
        _right_times(decoder, films["uneven"], UNEVEN),
        _right_jumps(decoder, films["steady"], steady(100)),
        _right_jumps(decoder, films["uneven"], UNEVEN),
        upright.shape[:2] == (WIDTH, HEIGHT),
        _word_for_cut(decoder, films["cut"]),
        RATE * options.seconds / every_frame,
        options.seconds / every_second,
        1000 * jumping / len(jumps),
    )


def _right_times(decoder: Decoder, path: Path, millis: Sequence[int]) -> float:
    """Share of frames that come, in order and at their time."""
    found = [(round(seconds * 1000), _number(picture)) for seconds, picture in decoder.all(path)]
    wanted = [(time, number) for number, time in enumerate(millis)]
    return sum(map(wanted.__contains__, found)) / len(wanted)


def _right_jumps(decoder: Decoder, path: Path, millis: Sequence[int]) -> float:
    """Share of random times, each alone, at which the frame shown then comes."""
    dice, right = random.Random(2), 0
    gaps = list(pairwise(millis))
    for _ in range(40):
        start, stop = dice.choice(gaps)
        moment = dice.uniform(start + 1, stop - 1)
        wanted = bisect_right(millis, moment) - 1
        right += [_number(picture) for picture in decoder.at(path, [moment / 1000])] == [wanted]
    return right / 40


def _word_for_cut(decoder: Decoder, path: Path) -> str:
    try:
        count = _drain(decoder.all(path))
    except Exception as error:  # every decoder has errors of its own
        return f"refused: {' '.join(str(error).split())[:60]}"
    return f"{count} of 100 frames, no word"


def _number(picture: np.ndarray) -> int:
    from PIL import Image

    from tests.media.video.films import number_of

    return number_of(Image.fromarray(picture))


def _drain(frames: Iterator[Any]) -> int:
    return sum(1 for _ in frames)


def _median(work: Callable[[], object], rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def _print_table(rows: Sequence[Row]) -> None:
    heads = [f"{row.decoder} {row.version}" for row in rows]
    print(f"{'':42}" + "".join(f"{head:>24}" for head in heads))
    for label, field, form in (
        ("frames with the right time, constant rate", "steady_times", "{:.0%}"),
        ("frames with the right time, variable rate", "uneven_times", "{:.0%}"),
        ("jumps to the right frame, constant rate", "steady_jumps", "{:.0%}"),
        ("jumps to the right frame, variable rate", "uneven_jumps", "{:.0%}"),
        ("a turned film stands upright", "upright", "{}"),
        ("720p, all frames: frames a second", "frames_per_s", "{:.0f}"),
        ("720p, one frame a second: seconds a second", "seconds_per_s", "{:.1f}"),
        ("720p, a single frame, opening included: ms", "ms_per_jump", "{:.0f}"),
    ):
        print(f"{label:42}" + "".join(f"{form.format(getattr(row, field)):>24}" for row in rows))
    for row in rows:
        print(f"half a file, {row.decoder}: {row.cut_file}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
