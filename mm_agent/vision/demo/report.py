"""Measure the demo weights and write the page about them:

python -m mm_agent.vision.demo.report --out docs/demo-model.md      # a few minutes on two CPU cores
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mm_agent.media.atomic import write_atomic
from mm_agent.vision.demo import sprites
from mm_agent.vision.demo.measure import Measurement, measure
from mm_agent.vision.demo.tokenizer import MAX_LENGTH
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.vocabulary import concepts

# What we aim at, and below what these weights would not be worth shipping.
AIMS = {
    "object top-1, en": (0.98, 0.95),
    "count of 4, en": (0.92, 0.85),
    "colour of 10, en": (0.99, 0.97),
    "two objects R@1, en": (0.95, 0.88),
    "held-out style top-1, en": (0.50, 0.30),
    "held-out style top-5, en": (0.75, 0.55),
    "pointing, one object, windows": (0.85, None),
    "pointing, two objects, windows": (0.85, None),
}
PAGE = """# The demo weights

<!-- Written by `python -m mm_agent.vision.demo.report`; do not edit by hand. -->

A small but real SigLIP (`SiglipModel`): {parameters:.1f} M parameters, pictures of {picture} px in {grid} x
{grid} patches, texts of {length} tokens, {size:.1f} MB in fp16. It was trained from nothing with the sigmoid
loss, in {steps} steps of {batch} drawn scenes ({scenes:,} pictures). It lets the first command work without a
network and lets tests check meaning. **It knows drawn stickers of {concepts} things, not photos**, and every
surface that uses it says so. One command, with a fixed seed, trains such weights again:

    python -m mm_agent.vision.demo.train --out RUN --compile
    python -m mm_agent.vision.demo.card RUN/weights

{remark}Training styles: {train_styles}. Never trained on: {held_out}. Licences of the drawings: see `NOTICE`.

## What it knows

Measured on scenes it was never trained on (fresh seeds, {rows[0].cases} cases unless said otherwise). Half
the side of a 95 % interval is at most 3 points for 1,000 cases, 7 points for 200.

| what | accuracy | aim | least to ship | cases |
|---|---|---|---|---|
{table}

- *object*: one to four copies of one thing, its name among those of all {concepts} concepts.
- *count*: one to four by captions, the thing being known; *count_objects* as the tool answers, which adds the
  heat map's peaks, and may say zero or more than four. *colour*: the background's, of ten.
- *two objects*: which of the captions "A and B" fits, among as many captions as cases.
- *is it there*: yes or no; half the questions are about any thing that is not there, with *or its like* about
  the one most like the thing that is (a cat, of a dog). The threshold is {threshold:.3f}: the best balanced
  accuracy on other fresh scenes of one and two kinds, with as many questions of the one sort as of the other.
- *tags*: all {concepts} concepts tried on scenes of one and two kinds, with a stricter cut of their own
  (something that was asked about is there more often than one thing of many tried in turn).
- *held-out style*: one large thing in a drawing style training never used.
- *pointing*: the heat map's peak falls inside a box of the thing named, by the method that is the default
  (windows) and by LeGrad.
- *locate*: scenes of one to four copies of one thing; the share where as many places are named, and the mean
  over all copies of the IoU with the box that fits best, whose sides lie on the grid of 8 x 8 patches.

## What it does not know

Photos; more than four copies; things outside its {concepts} concepts; colours of things (only of
backgrounds); relations between things; text in pictures; "not". Longer sentences than {length} tokens are
cut.
"""


def main() -> None:
    """Measure and write the page, and the numbers beside it as JSON."""
    parser = argparse.ArgumentParser(description="Measure the demo weights.")
    parser.add_argument("--out", type=Path, required=True, help="the page; its numbers go beside it as JSON")
    parser.add_argument("--weights", default="demo")
    parser.add_argument("--cases", type=int, default=1000)
    options = parser.parse_args()
    encoder = SiglipEncoder.from_pretrained(options.weights, dtype="float32", batch_size=32)
    rows = measure(encoder, cases=options.cases)
    write_atomic(options.out, page(encoder, rows).encode())
    record = {row.name: {"value": round(row.value, 4), "cases": row.cases} for row in rows}
    write_atomic(options.out.with_suffix(".json"), (json.dumps(record, indent=1) + "\n").encode())
    print(table(rows))


def page(encoder: SiglipEncoder, rows: list[Measurement]) -> str:
    """The whole page."""
    folder = encoder.checkpoint.path
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    steps, batch = training["steps done"], training["rules"]["batch_size"]
    return PAGE.format(
        parameters=sum(p.numel() for p in encoder.model.parameters()) / 1e6,
        picture=encoder.image_size[0],
        grid=encoder.grid[0],
        length=MAX_LENGTH,
        size=(folder / "model.safetensors").stat().st_size / 1e6,
        steps=f"{steps:,}",
        batch=batch,
        scenes=steps * batch,
        concepts=len(concepts()),
        threshold=encoder.presence_threshold,
        train_styles=", ".join(sprites.TRAIN_STYLES),
        held_out=sprites.HELD_OUT_STYLE,
        rows=rows,
        table=table(rows),
        # What training.json says about how this very file came to be, when it was not one plain run.
        remark=f"{training['remark']}\n\n" if "remark" in training else "",
    )


def table(rows: list[Measurement]) -> str:
    """The rows of the Markdown table; what is below the least to ship says so."""
    return "\n".join(
        f"| {row.name} | {row.value:.1%}{_verdict(row)} | {_share(row, 0)} | {_share(row, 1)} | {row.cases} |"
        for row in rows
    )


def _verdict(row: Measurement) -> str:
    least = AIMS.get(row.name, (None, None))[1]
    return " **too low**" if least is not None and row.value < least else ""


def _share(row: Measurement, column: int) -> str:
    aim = AIMS.get(row.name, (None, None))[column]
    return "" if aim is None else f"{aim:.0%}"


if __name__ == "__main__":
    main()
