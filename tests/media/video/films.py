"""Small videos made on the spot; every frame carries its number as eight black or white fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

FIELD = 16
WIDTH, HEIGHT = 8 * FIELD, 3 * FIELD
RED, BLUE = (200, 40, 40), (40, 40, 200)
_SOUND_RATE, _SOUND_STEP = 48000, 1024


@dataclass(frozen=True)
class Coding:
    """How a film is stored.

    Attributes:
        name: What FFmpeg calls the encoder.
        ending: The file's ending, from which FFmpeg takes the container.
        gop: Frames from one key to the next.
        unit: The shortest time the encoder counts in, in seconds.
        options: The encoder's own.
        pixels: FFmpeg's name for how it wants them.
    """

    name: str = "libx264"
    ending: str = "mp4"
    gop: int = 10
    unit: Fraction = Fraction(1, 1000)
    options: tuple[tuple[str, str], ...] = (("bf", "2"), ("preset", "ultrafast"), ("crf", "20"))
    pixels: str = "yuv420p"


H264 = Coding()
STEADY_ONLY = Fraction(1, 25)  # MPEG-1 to 4 as these containers hold them count in frames


def steady(count: int, step: int = 40) -> list[int]:
    """Times of a film of constant rate, in milliseconds."""
    return [step * number for number in range(count)]


def drawing(number: int) -> np.ndarray:
    """A frame: a red row, the number's bits from left to right, a blue row. # (H, W, 3)"""
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:FIELD], picture[2 * FIELD :] = RED, BLUE
    for bit in range(8):
        picture[FIELD : 2 * FIELD, bit * FIELD : (bit + 1) * FIELD] = 255 if number >> bit & 1 else 0
    return picture


def film(
    folder: Path,
    millis: Sequence[int | Fraction],
    coding: Coding = H264,
    *,
    clockwise: int = 0,
    pixel_ratio: Fraction | None = None,
    sound_ms: int = 0,
    draw: Callable[[int], np.ndarray] = drawing,
    name: str = "film",
) -> Path:
    """Write a film whose frames are shown at the given times, in milliseconds.

    Args:
        folder: Where to.
        millis: When each frame is shown.
        coding: How it is stored.
        clockwise: How far a player has to turn it, in degrees.
        pixel_ratio: Width of a pixel to its height.
        sound_ms: Length of a silent sound track.
        draw: Makes the frame of a number. # (H, W, 3)
        name: The file's name without its ending.
    """
    path = folder / f"{name}.{coding.ending}"
    with av.open(path, "w") as container:
        track = container.add_stream(coding.name, rate=25, options=dict(coding.options))
        assert isinstance(track, VideoStream)
        track.height, track.width, _ = draw(0).shape
        track.pix_fmt, track.gop_size = coding.pixels, coding.gop
        track.codec_context.time_base = coding.unit
        if pixel_ratio is not None:
            track.codec_context.sample_aspect_ratio = pixel_ratio
        if clockwise:
            track.set_display_rotation(-clockwise)
        sound = add_sound(container) if sound_ms else None
        for number, shown in enumerate(millis):
            frame = av.VideoFrame.from_ndarray(draw(number), format="rgb24")
            frame.pts, frame.time_base = round(Fraction(shown, 1000) / coding.unit), coding.unit
            container.mux(track.encode(frame))
        if millis:
            container.mux(track.encode(None))
        else:
            container.start_encoding()
        if sound is not None:
            silence(container, sound, sound_ms)
    return path


def add_sound(container: OutputContainer) -> AudioStream:
    """A sound track, still empty."""
    track = container.add_stream("aac", rate=_SOUND_RATE)
    assert isinstance(track, AudioStream)
    return track


def silence(container: OutputContainer, track: AudioStream, millis: int) -> None:
    """Fill a sound track with nothing to hear."""
    for start in range(0, _SOUND_RATE * millis // 1000, _SOUND_STEP):
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 2 * _SOUND_STEP), np.int16), format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts = _SOUND_RATE, start
        container.mux(track.encode(frame))
    container.mux(track.encode(None))


def number_of(picture: Image.Image) -> int:
    """The number a frame carries in its middle row."""
    bits = np.asarray(picture.convert("L").resize((8, 3), Image.Resampling.BOX))[1]
    return sum(int(value > 127) << bit for bit, value in enumerate(bits))
