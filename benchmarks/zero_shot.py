"""Zero-shot classification, side by side: the transformers pipeline and this encoder on the same random
weights.

    python benchmarks/zero_shot.py --labels 3 100 1000 --images 64 --out zero_shot.json
    python benchmarks/zero_shot.py --labels 100 --encoder photo    # the default encoder beside that pipeline

Both see the same pictures and labels on a random checkpoint of base-patch16-224's real shape. The pipeline
encodes every label again for every picture, so at 1,000 labels it gets few pictures; the table says how
many. Each is warmed up once; the median of the rounds counts, and this encoder's picture cache is not used
(every round has new pixels).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).parents[1]
TEMPLATE = "This is a photo of {}."


@dataclass(frozen=True)
class Row:
    """One line of the table; times are medians over the rounds."""

    labels: int
    pipeline_images: int
    pipeline_images_per_s: float
    encoder_images: int
    encoder_images_per_s: float
    encoder_first_call_s: float
    ratio: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the table and writes the JSON."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = _checkpoint(Path(folder) / "random-base-patch16-224", options.layers)
        classify = _pipeline(checkpoint, options.pipeline_dtype)
        rows = [_measure(checkpoint, classify, count, options) for count in options.labels]
    report = {"machine": _machine(options), "rows": [asdict(row) for row in rows]}
    _print_table(report["machine"], rows)
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=int, nargs="+", default=[3, 100, 1000], help="numbers of labels")
    parser.add_argument("--images", type=int, default=64, help="pictures a round for this encoder")
    parser.add_argument(
        "--label-budget", type=int, default=200, help="labels x pictures a pipeline round may cost"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each; the median counts")
    parser.add_argument("--encoder", help="another checkpoint for this encoder; none: the pipeline's own")
    parser.add_argument("--dtype", default="auto", help="dtype of this encoder")
    parser.add_argument("--pipeline-dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--layers", type=int, default=12, help="blocks a tower; 12 is the real shape")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    return parser.parse_args(arguments)


def _checkpoint(folder: Path, layers: int) -> Path:
    from tests.vision import builders

    return builders.siglip(folder, hidden=768, layers=layers, heads=12, mlp=3072, image=224, vocabulary=32000)


def _pipeline(checkpoint: Path, dtype: str) -> Any:
    from transformers import pipeline

    return pipeline("zero-shot-image-classification", model=str(checkpoint), dtype=getattr(torch, dtype))


def _measure(checkpoint: Path, classify: Any, count: int, options: argparse.Namespace) -> Row:
    from mm_agent.vision import SiglipEncoder

    labels = [f"thing {number}" for number in range(count)]
    few = max(1, min(options.images, options.label_budget // count))
    theirs = _median(
        lambda pictures: classify(pictures, candidate_labels=labels, hypothesis_template=TEMPLATE),
        few,
        options.rounds,
    )
    encoder = SiglipEncoder.from_pretrained(options.encoder or checkpoint, dtype=options.dtype)
    start = time.perf_counter()
    encoder.score(_pictures(1, seed=-1), labels, templates=[TEMPLATE])  # encodes the labels, once
    first = time.perf_counter() - start
    ours = _median(
        lambda pictures: encoder.score(pictures, labels, templates=[TEMPLATE]), options.images, options.rounds
    )
    speeds = few / theirs, options.images / ours
    return Row(count, few, speeds[0], options.images, speeds[1], first, speeds[1] / speeds[0])


def _median(work: Callable[[list[Image.Image]], object], images: int, rounds: int) -> float:
    """Median seconds of `work` on new pictures each round, after one warm-up picture."""
    work(_pictures(1, seed=0))
    times = []
    for seed in range(1, rounds + 1):
        pictures = _pictures(images, seed=seed)
        start = time.perf_counter()
        work(pictures)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _pictures(count: int, *, seed: int) -> list[Image.Image]:
    noise = np.random.default_rng(seed + 1)
    return [Image.fromarray(noise.integers(0, 256, (480, 640, 3), dtype=np.uint8)) for _ in range(count)]


def _machine(options: argparse.Namespace) -> dict[str, Any]:
    import transformers

    from mm_agent.vision.hardware import choose_device

    device = choose_device("auto")
    return {
        "device": str(device),
        "threads": torch.get_num_threads(),
        "encoder": options.encoder or "the pipeline's checkpoint",
        "encoder_dtype": _encoder_dtype(options, device),
        "pipeline_dtype": options.pipeline_dtype,
        "layers": options.layers,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def _encoder_dtype(options: argparse.Namespace, device: torch.device) -> str:
    """What the pipeline's checkpoint is computed in; another encoder decides for itself."""
    from mm_agent.vision.hardware import choose_dtype

    if options.encoder:
        return options.dtype
    return str(choose_dtype(options.dtype, device, parameters=200_000_000)).removeprefix("torch.")


def _print_table(machine: dict[str, Any], rows: Sequence[Row]) -> None:
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    heads = ("labels", "pipeline img/s", "(images)", "encoder img/s", "(images)", "ratio")
    print("{:>7} {:>15} {:>9} {:>14} {:>9} {:>8}".format(*heads))
    for row in rows:
        print(
            f"{row.labels:>7} {row.pipeline_images_per_s:>15.3f} {row.pipeline_images:>9} "
            f"{row.encoder_images_per_s:>14.2f} {row.encoder_images:>9} {row.ratio:>7.0f}x"
        )
    print("The encoder encodes its labels in the first call; that call took, in seconds: ", end="")
    print(", ".join(f"{row.encoder_first_call_s:.1f} ({row.labels} labels)" for row in rows))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
