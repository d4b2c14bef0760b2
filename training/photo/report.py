"""Measures the photo encoder beside the sticker weights and the tower's own classifier, and writes the page:

    python -m training.photo.report --data PICTURES --out docs/photo-model.md    # 15 minutes on two CPU cores

The page is `page.md` with the numbers filled in.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mm_agent.errors import FinetuneError, MMAgentError
from mm_agent.media.atomic import write_atomic
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.families.photo_model import TOWER_PREFIX
from mm_agent.vision.photo.tower import tower_weights
from training.photo.config import TrainConfig
from training.photo.hand_labels import hand_labelled
from training.photo.kept import Kept, read_kept
from training.photo.measure import Measurement, measure
from training.photo.scorers import EncoderScorer, PlainClassifier
from training.photo.sets import read_set
from training.photo.tower_maps import TowerClassifier

PAGE = Path(__file__).with_name("page.md")
COLUMNS = ("photo", "stickers", "classifier")
# What we aim at, and below what these weights would not be worth shipping.
AIMS = {
    "Flickr8k text to image R@1, en": (0.20, 0.12),
    "Flickr8k text to image R@10, en": (0.58, 0.42),
    "Flickr8k image to text R@1, en": (0.28, 0.16),
    "Flickr8k image to text R@10, en": (0.66, 0.48),
    "101 object classes top-1": (0.75, 0.62),
    "101 object classes top-5": (0.92, 0.84),
    "100 small-image classes among 1,000 names top-1": (0.55, 0.40),
    "100 scenes top-1": (0.30, 0.20),
    "is it there, balanced, en": (0.93, 0.88),
    "pointing, windows, en": (0.80, 0.65),
    "seven things, photo": (0.98, 0.93),
    "seven things, art painting": (0.85, 0.70),
    "seven things, cartoon": (0.75, 0.60),
    "seven things, sketch": (0.50, 0.35),
}

Record = Mapping[str, Mapping[str, Measurement]]
"""Column to row to number."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, write the page, and its numbers beside it as JSON; errors are one line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.photo.report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder with the published sets")
    parser.add_argument("--out", type=Path, required=True, help="the page; its numbers go beside it as JSON")
    parser.add_argument("--weights", default="photo", help="photo (the default), or a checkpoint's folder")
    parser.add_argument("--page-only", action="store_true", help="write the page again from its numbers")
    options = parser.parse_args(arguments)
    try:
        _write(options)
    except MMAgentError as error:
        raise SystemExit(f"error: {error}") from error


def _write(options: argparse.Namespace) -> None:
    photo = SiglipEncoder.from_pretrained(options.weights, batch_size=32)
    numbers: Path = options.out.with_suffix(".json")
    if not options.page_only:
        write_atomic(numbers, _to_json(_measured(photo, options.data)).encode())
    rows = table(_from_json(numbers))
    write_atomic(options.out, page(photo, rows).encode())
    print(rows)


def _to_json(record: Record) -> str:
    numbers = {
        column: {row.name: {"value": round(row.value, 4), "cases": row.cases} for row in rows.values()}
        for column, rows in record.items()
    }
    return json.dumps(numbers, indent=1) + "\n"


def _from_json(path: Path) -> Record:
    """What `_to_json` wrote.

    Raises:
        FinetuneError: the file is not there, or is of something else.
    """
    try:
        columns = json.loads(path.read_text(encoding="utf-8"))
        return {
            column: {name: Measurement(name, row["value"], row["cases"]) for name, row in rows.items()}
            for column, rows in columns.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FinetuneError(f"{path} has no numbers for the page; leave out --page-only") from error


def _measured(photo: SiglipEncoder, data: Path) -> Record:
    """Every column's numbers, in a quarter of an hour."""
    kept, imagenet = read_kept(data), read_set(data, "imagenet_samples")
    stickers = SiglipEncoder.from_pretrained("demo", batch_size=32)
    classifier = PlainClassifier(imagenet, photo, TowerClassifier.read(tower_weights()))
    columns = {
        "photo": measure(EncoderScorer(photo), kept, imagenet) + _by_hand(photo, kept),
        "stickers": measure(EncoderScorer(stickers), kept, imagenet) + _by_hand(stickers, kept),
        "classifier": measure(classifier, kept, imagenet),
    }
    return {column: {row.name: row for row in rows} for column, rows in columns.items()}


def _by_hand(encoder: SiglipEncoder, kept: Mapping[str, Kept]) -> list[Measurement]:
    return hand_labelled(encoder, kept["flickr8k"])


def table(record: Record) -> str:
    """Markdown rows: what, a column each, aim, least to ship, cases."""
    lines = []
    for name, row in record["photo"].items():
        shares = [_share(record[column].get(name)) for column in COLUMNS]
        aim, least = AIMS.get(name, (None, None))
        shares[0] += _verdict(row.value, aim, least)
        aims = ["" if value is None else f"{value:.0%}" for value in (aim, least)]
        lines.append("| " + " | ".join([name, *shares, *aims, str(row.cases)]) + " |")
    return "\n".join(lines)


def _share(row: Measurement | None) -> str:
    return "" if row is None else f"{row.value:.1%}"


def _verdict(value: float, aim: float | None, least: float | None) -> str:
    if least is not None and value < least:
        return " **too low**"
    return " (missed)" if aim is not None and value < aim else ""


def page(encoder: SiglipEncoder, rows: str) -> str:
    """The page around the table."""
    folder = encoder.checkpoint.path
    weights = encoder.model.named_parameters()
    stages = TrainConfig.read(folder).stages
    return PAGE.read_text(encoding="utf-8").format(
        table=rows,
        trained=sum(weight.numel() for name, weight in weights if not name.startswith(TOWER_PREFIX)) / 1e6,
        size=(folder / "model.safetensors").stat().st_size / 1e6,
        presence=encoder.presence_threshold,
        absence=encoder.checkpoint.card.absence_threshold or encoder.presence_threshold,
        tag=encoder.tag_threshold,
        first=stages[0],
        last=stages[-1],
    )


if __name__ == "__main__":
    main()
