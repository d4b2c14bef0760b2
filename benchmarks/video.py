"""Decoding and embedding a video, side by side: a plain OpenCV loop with the processor, and this encoder.

    python benchmarks/video.py --seconds 60 --out video.json
    python benchmarks/video.py --seconds 20 --memory 60 3600 --layers 2      # peak memory of 1 and 60 minutes

Both look at the same file (drawn here, 1280x720, H.264 where FFmpeg offers it) at the same rate with the same
random weights of base-patch16-224's real shape. The plain loop is what tutorials show: read every frame with
OpenCV, keep those due, convert, preprocess and encode each by itself. This encoder decodes ahead on a thread,
takes frames small from the decoder and encodes them in micro-batches. Peak memory is measured in a process of
its own for each length, and the weights are counted apart.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
SIZE = (1280, 720)
FRAMES_PER_SECOND = 30


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the table and writes the JSON."""
    options = _options(arguments)
    if options.peak_of:
        print(json.dumps(_peak(options.peak_of, options.checkpoint, options.rate)))
        return
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = _checkpoint(Path(folder) / "random-base-patch16-224", options.layers)
        video = Path(folder) / "clip.mp4"
        write_clip(video, options.seconds)
        report: dict[str, Any] = {"machine": _machine(options), "speed": _speed(video, checkpoint, options)}
        print(json.dumps(report["machine"]))
        _print_speed(report["speed"])
        report["memory"] = [_memory(Path(folder), checkpoint, length, options) for length in options.memory]
        for row in report["memory"]:
            print(
                f"{row['seconds']:>6} s of video: {row['frames']} frames kept, "
                f"peak {row['above_model_mib']:.0f} MiB above the model"
            )
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60, help="length of the clip for the speed")
    parser.add_argument("--rate", type=float, default=2.0, help="frames a second that are encoded")
    parser.add_argument("--memory", type=int, nargs="*", default=[], help="lengths in seconds for the memory")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each; the best counts")
    parser.add_argument("--layers", type=int, default=12, help="blocks a tower; 12 is the real shape")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    parser.add_argument("--peak-of", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--checkpoint", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _checkpoint(folder: Path, layers: int) -> Path:
    from tests.vision import builders

    return builders.siglip(folder, hidden=768, layers=layers, heads=12, mlp=3072, image=224, vocabulary=32000)


def write_clip(path: Path, seconds: int) -> None:
    """A video of full minutes, or less than one; later minutes repeat the first, packet by packet."""
    import av

    minute = path.with_suffix(".minute.mp4")
    _write_minute(minute, min(seconds, 60))
    with av.open(str(path), "w") as container:
        stream = None
        for start in range(0, seconds, 60):
            with av.open(str(minute)) as source:
                track = source.streams.video[0]
                stream = stream or container.add_stream_from_template(track)
                shift = round(start / (track.time_base or Fraction(1)))
                for packet in source.demux(track):
                    if packet.pts is None or packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = stream
                    container.mux(packet)
    minute.unlink()


def _write_minute(path: Path, seconds: int) -> None:
    """A picture that moves: noise panned over, with a cut every ten seconds."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264" if "libx264" in av.codecs_available else "mpeg4")
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.framerate = Fraction(FRAMES_PER_SECOND)
        stream.codec_context.time_base = Fraction(1, FRAMES_PER_SECOND)
        stream.codec_context.options = {"preset": "ultrafast", "crf": "30"}
        for picture in _pictures(seconds):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def _pictures(seconds: int) -> Iterator[np.ndarray]:
    import cv2

    width, height = SIZE
    for second in range(seconds):
        rng = np.random.default_rng(second // 10)
        coarse = rng.integers(0, 256, (height // 16, width // 8, 3), dtype=np.uint8)
        scene = cv2.resize(coarse, (2 * width, height), interpolation=cv2.INTER_CUBIC)
        for step in range(FRAMES_PER_SECOND):
            left = (second % 10 * FRAMES_PER_SECOND + step) * 4
            yield np.ascontiguousarray(scene[:, left : left + width])


def _speed(video: Path, checkpoint: Path, options: argparse.Namespace) -> dict[str, Any]:
    from mm_agent.media.video import open_video
    from mm_agent.vision import SiglipEncoder
    from mm_agent.vision.clips.features import ClipSampling

    plain = [_plain_loop(video, checkpoint, options.rate) for _ in range(options.rounds)]
    encoder = SiglipEncoder.from_pretrained(checkpoint)
    sampling = ClipSampling(rate=options.rate, closer=0)
    ours = []
    for number in range(options.rounds):
        start = time.perf_counter()
        clip = encoder.embed_clip(open_video(video), f"round-{number}", sampling)
        ours.append((len(clip), time.perf_counter() - start))
    frames, seconds = min(plain, key=lambda row: row[1])
    our_frames, our_seconds = min(ours, key=lambda row: row[1])
    return {
        "video_s": options.seconds,
        "plain_frames": frames,
        "plain_frames_per_s": frames / seconds,
        "encoder_frames": our_frames,
        "encoder_frames_per_s": our_frames / our_seconds,
        "encoder_dtype": str(encoder.dtype).removeprefix("torch."),
        "ratio": (our_frames / our_seconds) / (frames / seconds),
    }


def _plain_loop(video: Path, checkpoint: Path, rate: float) -> tuple[int, float]:
    """Frames encoded and seconds taken by the loop tutorials show, the model's loading aside."""
    import cv2
    from PIL import Image
    from transformers import AutoModel, AutoProcessor

    model = AutoModel.from_pretrained(checkpoint).eval()
    processor = AutoProcessor.from_pretrained(checkpoint)
    start = time.perf_counter()
    capture = cv2.VideoCapture(str(video))
    step = round(capture.get(cv2.CAP_PROP_FPS) / rate)
    vectors, number = [], 0
    with torch.inference_mode():
        while True:
            there, pixels = capture.read()
            if not there:
                break
            if number % step == 0:
                image = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
                inputs = processor(images=image, return_tensors="pt")
                vectors.append(model.vision_model(**inputs).pooler_output)
            number += 1
    capture.release()
    return len(vectors), time.perf_counter() - start


def _memory(folder: Path, checkpoint: Path, seconds: int, options: argparse.Namespace) -> dict[str, Any]:
    """Peak memory above the loaded model for a clip of this length, in a process of its own."""
    video = folder / f"clip-{seconds}.mp4"
    write_clip(video, seconds)
    command = [sys.executable, __file__, "--peak-of", str(video), "--checkpoint", str(checkpoint)]
    found = subprocess.run(
        [*command, "--rate", str(options.rate)], check=True, capture_output=True, text=True
    )
    video.unlink()
    return {"seconds": seconds, **json.loads(found.stdout.splitlines()[-1])}


def _peak(video: Path, checkpoint: Path, rate: float) -> dict[str, Any]:
    from PIL import Image

    from mm_agent.media.video import open_video
    from mm_agent.vision import SiglipEncoder
    from mm_agent.vision.clips.features import ClipSampling

    encoder = SiglipEncoder.from_pretrained(checkpoint)
    encoder.embed_images([Image.new("RGB", (64, 64), (index, 0, 0)) for index in range(8)])
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak of loading
    before = _resident("VmRSS")
    clip = encoder.embed_clip(open_video(video), "peak", ClipSampling(rate=rate))
    return {"frames": len(clip), "above_model_mib": _resident("VmHWM") - before}


def _resident(field: str) -> float:
    """Memory of this process in MiB, now (VmRSS) or at its highest (VmHWM); Linux only."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(field))


def _machine(options: argparse.Namespace) -> dict[str, Any]:
    import av
    import cv2
    import transformers

    return {
        "threads": torch.get_num_threads(),
        "layers": options.layers,
        "rate": options.rate,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "opencv": cv2.__version__,
        "pyav": av.__version__,
    }


def _print_speed(row: dict[str, Any]) -> None:
    print(f"plain OpenCV loop, float32: {row['plain_frames_per_s']:8.2f} frames/s")
    print(f"this encoder, {row['encoder_dtype']}:    {row['encoder_frames_per_s']:8.2f} frames/s")
    print(f"ratio: {row['ratio']:.1f}x")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
