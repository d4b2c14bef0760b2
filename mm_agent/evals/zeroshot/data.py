"""Labelled pictures: a folder with one folder a class, or a CSV file of labels or captions."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mm_agent.errors import EvalError
from mm_agent.media.decode import FORMATS

Task = Literal["classification", "multi-label", "retrieval"]
_SUFFIXES = {f".{name.lower()}" for name in (*FORMATS, "jpg", "tif")}
LABEL_BREAK = "|"
"""Between several labels of one picture in a CSV file."""


@dataclass(frozen=True)
class Pictures:
    """Pictures, the texts, and which texts belong to each picture (indices)."""

    task: Task
    paths: tuple[Path, ...]
    texts: tuple[str, ...]
    true: tuple[tuple[int, ...], ...]


def read_pictures(path: str | Path) -> Pictures:
    """Read a data set.

    Args:
        path: A folder with a folder of pictures per class; or a ``.csv`` with the columns ``image`` (paths
            start at the file's folder) and ``label`` (several are joined by ``|``) or ``caption``.

    Raises:
        EvalError: There is nothing to measure on, or a line lacks something; the message names it.
    """
    path = Path(path)
    if path.is_dir():
        return _classes(_folder(path), path)
    if path.suffix.lower() != ".csv":
        raise EvalError(f"{path} is no data set; give a folder with a folder per class, or a .csv")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _csv(path, csv.DictReader(file))
    except OSError as error:
        raise EvalError(f"cannot read {path}: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise EvalError(f"{path} is not UTF-8; save it as UTF-8") from error


def _folder(root: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        label = folder.name.replace("_", " ")
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() in _SUFFIXES:
                yield file, (label,)


def _csv(path: Path, rows: csv.DictReader[str]) -> Pictures:
    columns = set(rows.fieldnames or ())
    texts = next((name for name in ("label", "caption") if name in columns), None)
    if "image" not in columns or texts is None:
        known = ", ".join(sorted(columns))
        raise EvalError(f"{path} needs the columns image, and label or caption; it has {known}")
    read = list(_lines(path, rows, texts))
    return _captions(read, path) if texts == "caption" else _classes(read, path)


def _lines(path: Path, rows: csv.DictReader[str], column: str) -> Iterator[tuple[Path, tuple[str, ...]]]:
    for row in rows:
        image, text = (row["image"] or "").strip(), (row[column] or "").strip()
        if not image or not text:
            raise EvalError(f"{path}:{rows.line_num}: image and {column} must not be empty")
        words = text.split(LABEL_BREAK) if column == "label" else [text]
        yield path.parent / image, tuple(word.strip() for word in words if word.strip())


def _classes(pairs: Iterable[tuple[Path, tuple[str, ...]]], source: Path) -> Pictures:
    """Pictures with labels, one or several each."""
    found = list(pairs)
    labels = sorted({label for _, own in found for label in own})
    if not found or len(labels) < 2:
        raise EvalError(
            f"{source} has {len(found)} pictures of {len(labels)} classes; two classes are needed"
        )
    place = {label: index for index, label in enumerate(labels)}
    true = tuple(tuple(sorted(place[label] for label in own)) for _, own in found)
    task: Task = "multi-label" if any(len(own) > 1 for own in true) else "classification"
    return Pictures(task, tuple(path for path, _ in found), tuple(labels), true)


def _captions(pairs: Iterable[tuple[Path, tuple[str, ...]]], source: Path) -> Pictures:
    """Pictures with captions, one or several each."""
    own: dict[Path, list[int]] = {}
    texts: list[str] = []
    for path, (caption,) in pairs:
        own.setdefault(path, []).append(len(texts))
        texts.append(caption)
    if len(own) < 2:
        raise EvalError(f"{source} has captions of {len(own)} pictures; retrieval needs two at least")
    return Pictures("retrieval", tuple(own), tuple(texts), tuple(map(tuple, own.values())))
