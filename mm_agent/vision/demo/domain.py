"""A drawn multi-label data set with a known table's columns, flaws included, to try fine-tuning on:

python -m mm_agent.vision.demo.domain --out DOMAIN --scenes 2400

The sixteen columns are those of a public set of photographs. The drawings know no deserts or sitars, so that
each column has a stand-in (`DRAWN`): what is learnt is that this table's words mean these stickers.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mm_agent.vision.demo.scenes import SceneRules, arrange, draw
from mm_agent.vision.vocabulary import concepts

DRAWN = {
    "motorcycle": "motorcycle",
    "truck": "truck",
    "boat": "sailboat",
    "bus": "bus",
    "cycle": "bicycle",
    "person": "snowman",
    "desert": "cactus",
    "mountains": "pine_tree",
    "sea": "whale",
    "sunset": "sun",
    "trees": "tree",
    "sitar": "guitar",
    "ektara": "violin",
    "flutes": "trumpet",
    "tabla": "drum",
    "harmonium": "saxophone",
}
COLUMNS = tuple(DRAWN)
_RULES = SceneRules(sides=(0.24, 0.5))
_KINDS = (0.35, 0.40, 0.25)
"""Share of pictures with one, two and three labels."""


@dataclass(frozen=True)
class Flaws:
    """What is wrong with the data, on purpose."""

    missing: int = 8
    corrupt: int = 8
    unlabelled: int = 4
    copies: int = 6


def draw_domain(
    out: Path, scenes: int = 2400, *, side: int = 224, seed: int = 0, flaws: Flaws = Flaws()
) -> Path:
    """Write ``OUT/images/`` and ``OUT/labels.csv``; the same arguments write the same files.

    Args:
        out: a folder; made if it is not there.
        scenes: how many rows, flaws included.
        side: pixels a side.
        seed: which scenes.
        flaws: how many rows have a missing or damaged picture, no label, or another row's picture.

    Returns:
        The table.
    """
    images = out / "images"
    images.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, tuple[int, ...]]] = []
    for number, targets in enumerate(_targets(scenes, rng), 1):
        name = f"image{number}.jpg"
        Image.fromarray(_picture(targets, side, rng)).save(images / name, quality=90)
        rows.append((name, targets))
    _spoil(rows, images, flaws, rng)
    return _write_table(out / "labels.csv", rows)


def picture_of(*labels: str, side: int = 224, seed: int = 0) -> Image.Image:
    """A fresh picture that shows these columns' stand-ins."""
    targets = tuple(int(column in labels) for column in COLUMNS)
    return Image.fromarray(_picture(targets, side, np.random.default_rng((seed, 1))))


def _targets(scenes: int, rng: np.random.Generator) -> Iterator[tuple[int, ...]]:
    for _ in range(scenes):
        kinds = int(rng.choice(3, p=_KINDS)) + 1
        chosen = set(rng.choice(len(COLUMNS), size=kinds, replace=False).tolist())
        yield tuple(int(column in chosen) for column in range(len(COLUMNS)))


def _picture(targets: tuple[int, ...], side: int, rng: np.random.Generator) -> np.ndarray:
    keys = [concept.key for concept in concepts()]
    groups = [
        (keys.index(DRAWN[name]), int(rng.integers(1, 3)))
        for name, there in zip(COLUMNS, targets, strict=True)
        if there
    ]
    return draw(arrange(groups, rng, _RULES), side)


def _spoil(
    rows: list[tuple[str, tuple[int, ...]]], images: Path, flaws: Flaws, rng: np.random.Generator
) -> None:
    """Take away, damage, unlabel and copy pictures, each row at most once."""
    order = iter(rng.permutation(len(rows)).tolist())
    for _ in range(flaws.missing):
        (images / rows[next(order)][0]).unlink()
    for _ in range(flaws.corrupt):
        path = images / rows[next(order)][0]
        path.write_bytes(path.read_bytes()[:200])
    for _ in range(flaws.unlabelled):
        row = next(order)
        rows[row] = (rows[row][0], (0,) * len(COLUMNS))
    for _ in range(flaws.copies):
        kept, copy = next(order), next(order)
        (images / rows[copy][0]).write_bytes((images / rows[kept][0]).read_bytes())
        rows[copy] = (rows[copy][0], rows[kept][1])


def _write_table(path: Path, rows: list[tuple[str, tuple[int, ...]]]) -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Image_Name", f"Classes({', '.join(COLUMNS)})", *COLUMNS])
        for name, targets in rows:
            words = " ".join(column for column, there in zip(COLUMNS, targets, strict=True) if there)
            writer.writerow([name, words, *targets])
    return path


def main() -> None:
    """Draw the data set."""
    parser = argparse.ArgumentParser(description="Draw a multi-label data set to try fine-tuning on.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--scenes", type=int, default=2400)
    parser.add_argument("--side", type=int, default=224, help="pixels a side")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(draw_domain(options.out, options.scenes, side=options.side, seed=options.seed))


if __name__ == "__main__":
    main()
