"""Fine-tuning, side by side: a plain loop (batch 2, float32, no workers) and `mm-agent finetune classify`.

    python benchmarks/finetune.py --out finetune.json
    python benchmarks/finetune.py --part quality --budget 1200

Two parts. ``speed``: samples/s and peak memory on a random checkpoint of base-patch16-224's real shape, each
method in a process of its own. Ours decode every picture once; the first epoch pays for it, so both count.
``quality``: seconds until the validation mAP that `linear` reaches, on drawn multi-label data with the
demo weights; the plain loop gets the same split and stops at that mAP or when its budget is over, once at
each of its learning rates. Both clocks stand still while models load and results are measured and written;
`linear` looks at all pictures, those that only measure too; the plain loop reads its training pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
METHODS = ("plain", "full", "lora", "linear")
PLAIN_BATCH = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the tables and writes the JSON."""
    options = _options(arguments)
    if options.child:
        print(json.dumps(_child(options)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report: dict[str, Any] = {"machine": _machine(options)}
        if "speed" in options.part:
            report["speed"] = _speed(folder, options)
        if "quality" in options.part:
            report["quality"] = _quality(folder, options)
    _print(report)
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", nargs="+", default=["speed", "quality"], choices=["speed", "quality"])
    parser.add_argument(
        "--rounds", type=int, default=2, help="speed: measured so often in turn; medians count"
    )
    parser.add_argument("--samples", type=int, default=256, help="speed: pictures an epoch")
    parser.add_argument("--plain-samples", type=int, default=32, help="speed: pictures the plain loop gets")
    parser.add_argument("--batch-size", type=int, default=16, help="ours")
    parser.add_argument("--layers", type=int, default=12, help="speed: blocks a tower; 12 is the real shape")
    parser.add_argument("--scenes", type=int, default=2400, help="quality: drawn rows")
    parser.add_argument("--budget", type=float, default=600, help="quality: seconds the plain loop may train")
    parser.add_argument(
        "--plain-rate", type=float, nargs="+", default=[5e-5, 1e-4], help="its learning rates"
    )
    parser.add_argument(
        "--bf16", action=argparse.BooleanOptionalAction, help="ours; default: if fast on the device"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    for name in ("child", "data", "checkpoint"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.bf16 is None:
        from mm_agent.vision.hardware import choose_device, has_fast_bf16

        options.bf16 = has_fast_bf16(choose_device(options.device))
    return options


def _speed(folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row a method, each measured in a fresh process."""
    from mm_agent.vision.demo.domain import Flaws, draw_domain
    from tests.vision import builders

    checkpoint = builders.siglip(
        folder / "base-patch16-224",
        hidden=768, layers=options.layers, heads=12, mlp=3072, image=224, vocabulary=32000,
    )  # fmt: skip
    data = draw_domain(folder / "speed", options.samples, side=480, flaws=Flaws(0, 0, 0, 0))
    rounds = [
        [_measured(method, data, str(checkpoint), options) for method in METHODS]
        for _ in range(options.rounds)
    ]
    rows = [_medians(found) for found in zip(*rounds, strict=True)]
    for row in rows:
        row["ratio"] = row["samples_per_s"] / rows[0]["samples_per_s"]
    return rows


def _measured(method: str, data: Path, checkpoint: str, options: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", method, "--data", str(data), "--checkpoint", checkpoint]
    for name in ("samples", "plain_samples", "batch_size", "device"):
        command += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    command += ["--bf16" if options.bf16 else "--no-bf16"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tools")])}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    if ended.returncode:
        raise SystemExit(f"{method} failed:\n{ended.stderr[-2000:]}")
    found = json.loads(ended.stdout.splitlines()[-1])
    print(f"{method}: {found['samples_per_s']:.2f} samples/s", file=sys.stderr)
    return found


def _medians(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One row of several: the median of each number."""
    numbers = {name for name, value in rounds[0].items() if isinstance(value, float)}
    every = [found["samples_per_s"] for found in rounds]
    middle = {name: statistics.median(found[name] for found in rounds) for name in numbers}
    return rounds[0] | middle | {"every_samples_per_s": every}


def _child(options: argparse.Namespace) -> dict[str, Any]:
    """Measure one method in this process."""
    data, checkpoint = Path(options.data), options.checkpoint
    with tempfile.TemporaryDirectory() as name:
        if options.child == "plain":
            found = _plain_speed(data, checkpoint, options)
        else:
            found = _our_speed(data, checkpoint, Path(name) / "run", options)
    return {"method": options.child, **found, "peak_gib": _peak_memory()}


def _plain_speed(data: Path, checkpoint: str, options: argparse.Namespace) -> dict[str, float]:
    rows = _rows(data)[: options.plain_samples]
    loop = PlainLoop(checkpoint, len(rows[0][1]), options.plain_rate[0], options.device)
    loop.step(rows[:PLAIN_BATCH])  # warm up
    start = time.perf_counter()
    loop.epoch(rows)
    speed = len(rows) / (time.perf_counter() - start)
    return {"samples": len(rows), "samples_per_s": speed, "first_epoch_samples_per_s": speed}


def _our_speed(data: Path, checkpoint: str, out: Path, options: argparse.Namespace) -> dict[str, float]:
    """Feature pass and fit for linear; for the others the Trainer's epochs, without the probe before them."""
    from mm_agent.finetune.classifier import train_classifier
    from mm_agent.finetune.rules import ClassifyRules

    clock = _clock()
    # Two passes, so that an epoch's start-up is not counted as training.
    rules = ClassifyRules(
        data=data, vision=checkpoint, method=options.child, epochs=2, batch_size=options.batch_size,
        bf16=options.bf16, validation=0.1, test=0.0, rate=1e-5, patience=99, save_every=10_000,
    )  # fmt: skip
    train_classifier(rules, out, device=options.device, dtype=_dtype(options))
    count = options.samples
    if options.child == "linear":
        speed = count / (clock["prepare"] + clock["fit_probe"])
        return {"samples": count, "samples_per_s": speed, "first_epoch_samples_per_s": speed}
    trained = 2 * round(count * 0.9)
    speed = trained / clock["run_trainer"]
    first = 1 / (1 / speed + clock["store_pixels"] / count)
    return {"samples": trained, "samples_per_s": speed, "first_epoch_samples_per_s": first}


def _clock() -> dict[str, float]:
    """Seconds that our parts take from now on, by name."""
    from mm_agent.finetune import classifier, gradients

    clock: dict[str, float] = {}
    for module, name in (
        (classifier, "prepare"),
        (classifier, "fit_probe"),
        (gradients, "store_pixels"),
        (gradients, "run_trainer"),
    ):
        setattr(module, name, _timed(getattr(module, name), clock, name))
    return clock


def _dtype(options: argparse.Namespace) -> str:
    """Of our frozen encoder."""
    return "bfloat16" if options.bf16 else "float32"


def _timed(function: Callable[..., Any], clock: dict[str, float], name: str) -> Callable[..., Any]:
    def timed(*arguments: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            clock[name] = clock.get(name, 0.0) + time.perf_counter() - start

    return timed


class PlainLoop:
    """What a first script looks like: open, preprocess, forward, backward, step; two pictures at a time."""

    def __init__(self, checkpoint: str, labels: int, rate: float, device: str) -> None:
        import torch
        from transformers import AutoImageProcessor, SiglipForImageClassification
        from transformers.utils import logging

        from mm_agent.vision.hardware import choose_device

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        torch.manual_seed(0)
        self.device = choose_device(device)
        self.processor = AutoImageProcessor.from_pretrained(checkpoint)
        model: Any = SiglipForImageClassification.from_pretrained(
            checkpoint, num_labels=labels, problem_type="multi_label_classification", dtype=torch.float32
        )
        self.model = model.to(self.device)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=rate)

    def step(self, rows: Sequence[tuple[Path, list[int]]]) -> None:
        """One step on a few pictures."""
        import torch
        from PIL import Image

        images = [Image.open(path).convert("RGB") for path, _ in rows]
        pixels = self.processor(images=images, return_tensors="pt")["pixel_values"].to(self.device)
        labels = torch.tensor([targets for _, targets in rows], dtype=torch.float32, device=self.device)
        self.model.train()
        loss = self.model(pixel_values=pixels, labels=labels).loss
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()

    def epoch(self, rows: Sequence[tuple[Path, list[int]]], *, until: float = float("inf")) -> bool:
        """All pictures once; False when the clock passed `until`."""
        for start in range(0, len(rows), PLAIN_BATCH):
            self.step(rows[start : start + PLAIN_BATCH])
            if time.perf_counter() > until:
                return False
        return True

    def mean_ap(self, rows: Sequence[tuple[Path, list[int]]]) -> float:
        """Validation mAP."""
        import torch
        from PIL import Image

        from mm_agent.finetune.metrics import mean_average_precision

        self.model.eval()
        logits = []
        with torch.inference_mode():
            for start in range(0, len(rows), 64):
                images = [Image.open(path).convert("RGB") for path, _ in rows[start : start + 64]]
                pixels = self.processor(images=images, return_tensors="pt")["pixel_values"].to(self.device)
                logits.append(self.model(pixel_values=pixels).logits.cpu())
        return mean_average_precision(torch.cat(logits), torch.tensor([targets for _, targets in rows]))


def _quality(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Seconds to linear's validation mAP: of linear, and of the plain loop at each rate."""
    import csv

    from mm_agent.finetune.classifier import train_classifier
    from mm_agent.finetune.rules import ClassifyRules
    from mm_agent.vision.demo.domain import draw_domain

    data = draw_domain(folder / "domain", options.scenes)
    clock = _clock()
    start = time.perf_counter()
    rules = ClassifyRules(data=data)
    head = train_classifier(rules, folder / "run", device=options.device, dtype=_dtype(options))
    whole = time.perf_counter() - start
    linear = clock["prepare"] + clock["fit_probe"]
    metrics = json.loads((head / "metrics.json").read_text())
    with open(head / "parts.csv", encoding="utf-8", newline="") as file:
        part = {row["picture"]: row["part"] for row in csv.DictReader(file)}
    rows = [row for row in _rows(data) if row[0].name in part]
    train, held = ([row for row in rows if part[row[0].name] == wanted] for wanted in ("train", "validation"))
    goal = metrics["validation_mAP"]
    loops = [_plain_to(goal, train, held, rate, options) for rate in options.plain_rate]
    return {
        "goal_mAP": goal,
        "linear_seconds": linear,
        "linear_whole_run_seconds": whole,
        "linear_test_mAP": metrics["mAP"],
        "plain": [loop | {"ratio": loop["seconds"] / linear} for loop in loops],
    }


def _plain_to(
    goal: float,
    train: Sequence[tuple[Path, list[int]]],
    held: Sequence[tuple[Path, list[int]]],
    rate: float,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """The plain loop until it reaches a validation mAP or its budget is over."""
    import random

    from mm_agent.vision.checkpoints import DEMO_DIR

    loop = PlainLoop(str(DEMO_DIR), len(train[0][1]), rate, options.device)
    rows = list(train)
    spent, reached, curve = 0.0, 0.0, []
    while reached < goal and spent < options.budget:
        random.Random(len(curve)).shuffle(rows)
        start = time.perf_counter()
        loop.epoch(rows, until=start + options.budget - spent)
        spent += time.perf_counter() - start
        reached = loop.mean_ap(held)
        curve.append({"seconds": spent, "mAP": reached})
        print(
            f"plain loop at {rate:g}: {spent:.0f} s, validation mAP {reached:.4f} (goal {goal:.4f})",
            file=sys.stderr,
        )
    return {"rate": rate, "seconds": spent, "reached": reached >= goal, "mAP": reached, "curve": curve}


def _rows(table: Path) -> list[tuple[Path, list[int]]]:
    """Pictures and targets of the drawn table."""
    import csv

    with open(table, encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))[1:]
    return [(table.parent / "images" / line[0], [int(cell) for cell in line[2:]]) for line in lines]


def _peak_memory() -> float:
    """GiB: of the GPU if one was used, else of this process."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _machine(options: argparse.Namespace) -> dict[str, Any]:
    import torch
    import transformers

    from mm_agent.vision.hardware import choose_device

    device = choose_device(options.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{os.cpu_count()} CPU cores"
    return {
        "device": name,
        "batch_size": options.batch_size,
        "bf16": options.bf16,
        "layers": options.layers,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def _print(report: dict[str, Any]) -> None:
    print(", ".join(f"{key} {value}" for key, value in report["machine"].items()))
    if "speed" in report:
        print(f"{'method':>8} {'samples/s':>10} {'first epoch':>12} {'ratio':>8} {'peak GiB':>9}")
        for row in report["speed"]:
            print(
                f"{row['method']:>8} {row['samples_per_s']:>10.2f} {row['first_epoch_samples_per_s']:>12.2f} "
                f"{row['ratio']:>7.1f}x {row['peak_gib']:>9.2f}"
            )
    if "quality" in report:
        found = report["quality"]
        print(
            f"validation mAP {found['goal_mAP']:.4f}: linear {found['linear_seconds']:.1f} s (whole run "
            f"{found['linear_whole_run_seconds']:.1f} s, test mAP {found['linear_test_mAP']:.4f})"
        )
        for loop in found["plain"]:
            end = "reached it" if loop["reached"] else f"had only {loop['mAP']:.4f}"
            print(
                f"the plain loop at {loop['rate']:g} {end} after {loop['seconds']:.0f} s, "
                f"{loop['ratio']:.0f}x linear"
            )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.path.insert(0, str(ROOT / "tools"))
    main()
