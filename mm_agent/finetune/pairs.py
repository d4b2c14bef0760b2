"""Pictures with texts, from JSON lines: ``{"image": "cats.png", "text": "two cats"}``; or from `datasets`.

``text`` may be a list: the same picture with each of its texts. `caption` is known too.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import BaseModel, ConfigDict

from mm_agent.errors import FinetuneError
from mm_agent.finetune.checking import SHOWN
from mm_agent.finetune.looking import sort_out
from mm_agent.finetune.pictures import SavedRow, file_key, open_file, saved_rows
from mm_agent.vision.caches import content_hash

IMAGE_FIELDS = ("image", "image_path", "file_name", "path")
TEXT_FIELDS = ("text", "caption", "captions", "texts")


@dataclass(frozen=True)
class Pair:
    """A picture and one text about it.

    Attributes:
        place: where it stands in the data, for messages.
        key: gives the content hash of the picture; reads the file.
        picture: gives the picture; reads and decodes it.
        text: the text.
    """

    place: str
    key: Callable[[], str]
    picture: Callable[[], Image.Image]
    text: str


@dataclass(frozen=True)
class Pairs:
    """All pairs, and one line for each row that is none."""

    source: Path
    pairs: tuple[Pair, ...]
    bad_rows: tuple[str, ...]


def read_pairs(data: Path, images: Path | None = None) -> Pairs:
    """Read pairs; pictures are not opened yet.

    Args:
        data: JSON lines, or a folder that `datasets` saved.
        images: where relative paths start; None: the data's folder.

    Raises:
        FinetuneError: there is no such data, or no pair in it.
    """
    if not data.exists():
        raise FinetuneError(f"there is no {data}; name a .jsonl file or a folder that datasets saved")
    base = images or data.parent
    pairs: list[Pair] = []
    bad: list[str] = []
    for place, record in saved_rows(data) if data.is_dir() else _lines(data):
        found = _pairs(record, place, base)
        if isinstance(found, str):
            bad.append(f"{place}: {found}")
        else:
            pairs += found
    if not pairs:
        why = f" ({bad[0]})" if bad else ""
        raise FinetuneError(f'{data} holds no pair{why}; write {{"image": "a.png", "text": "..."}} lines')
    return Pairs(data, tuple(pairs), tuple(bad))


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield f"{path.name}, line {number}", json.loads(line)
                except ValueError:
                    yield f"{path.name}, line {number}", None


def _pairs(record: Any, place: str, base: Path) -> list[Pair] | str:
    """The pairs of a row, or what is wrong with it."""
    if not isinstance(record, Mapping):
        return "no JSON object"
    image = next((name for name in IMAGE_FIELDS if name in record), None)
    field = next((name for name in TEXT_FIELDS if name in record), None)
    if image is None or field is None:
        return f"no {'image' if image is None else 'text'}"
    said = record[field] if isinstance(record[field], list) else [record[field]]
    texts = [text.strip() for text in said if isinstance(text, str) and text.strip()]
    if not texts:
        return "the text is empty"
    if isinstance(record, SavedRow) and image == "image" and record.holds_pictures():
        return [Pair(place, lambda: content_hash(record.picture()), record.picture, text) for text in texts]
    if not isinstance(record[image], str) or not record[image]:
        return "image is no path"
    path = base / record[image]
    return [Pair(place, partial(file_key, path), partial(open_file, path), text) for text in texts]


class PairsReport(BaseModel):
    """What `check` found in pairs."""

    model_config = ConfigDict(frozen=True)

    source: str
    pairs: int
    usable: int
    pictures: int
    texts: int
    bad_rows: list[str]
    missing: list[str]
    corrupt: list[str]
    repeated: list[list[str]]
    """The same picture with the same text."""


def check_pairs(data: Pairs) -> PairsReport:
    """Open every picture and report."""
    seen, unusable = sort_out(data.pairs)
    same: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in seen:
        same[one.key, one.sample.text].append(one.sample.place)
    return PairsReport(
        source=data.source.name,
        pairs=len(data.pairs) + len(data.bad_rows),
        usable=len(seen),
        pictures=len({one.key for one in seen}),
        texts=len(Counter(one.sample.text for one in seen)),
        bad_rows=list(data.bad_rows),
        missing=[one.line for one in unusable if one.missing],
        corrupt=[one.line for one in unusable if not one.missing],
        repeated=[places for places in same.values() if len(places) > 1],
    )


def pairs_text(report: PairsReport) -> str:
    """The report for a terminal."""
    lines = [
        f"{report.source}: {report.pairs} pairs, {report.usable} usable, {report.pictures} different "
        f"pictures, {report.texts} different texts"
    ]
    for title, found in (
        ("rows that cannot be read", report.bad_rows),
        ("pictures missing", report.missing),
        ("pictures damaged", report.corrupt),
        ("pairs that occur more than once", [" = ".join(places) for places in report.repeated]),
    ):
        if found:
            lines.append(f"{title}: {len(found)}")
            lines += [f"  {line}" for line in found[:SHOWN]]
    return "\n".join(lines)
