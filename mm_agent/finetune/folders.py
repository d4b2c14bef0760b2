"""Labels from folders of pictures, and from a data set that `datasets` saved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mm_agent.errors import FinetuneError, MissingDependency
from mm_agent.finetune.pictures import SavedRow, file_key, open_file, saved_rows
from mm_agent.finetune.samples import SPLIT_NAMES, LabelledData, Sample, Split, many_hot, one_hot
from mm_agent.vision.caches import content_hash

PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic"}


def read_picture_folders(folder: Path) -> LabelledData:
    """One folder a label, ``FOLDER/cat/1.jpg``; or below ``train``, ``validation`` and ``test``.

    Raises:
        FinetuneError: there are no pictures, or fewer than two labels.
    """
    found = sorted(_pictures(folder))
    labels = sorted({label for label, _, _ in found})
    samples = [
        Sample(
            place=str(path.relative_to(folder)),
            name=str(path.relative_to(folder)),
            key=partial(file_key, path),
            picture=partial(open_file, path),
            targets=one_hot(labels.index(label), len(labels)),
            split=split,
        )
        for label, path, split in found
    ]
    if not samples:
        raise FinetuneError(f"{folder} holds no pictures; put them into a folder a label: {folder}/cat/1.jpg")
    return LabelledData(folder, tuple(labels), tuple(samples), exclusive=True)


def _pictures(folder: Path) -> Iterator[tuple[str, Path, Split | None]]:
    """Label, file and split of every picture."""
    parts = [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name.lower() in SPLIT_NAMES]
    for root in parts or [folder]:
        split = SPLIT_NAMES[root.name.lower()] if parts else None
        for label in sorted(path for path in root.iterdir() if path.is_dir()):
            for path in sorted(label.rglob("*")):
                if path.suffix.lower() in PICTURES and path.is_file():
                    yield label.name, path, split


def is_saved_dataset(folder: Path) -> bool:
    """Whether `datasets` wrote this folder, with one part or several."""
    return any((folder / name).is_file() for name in ("dataset_info.json", "state.json", "dataset_dict.json"))


def read_saved_dataset(folder: Path, label_column: str | None = None) -> LabelledData:
    """A data set with ``image`` and ``label`` or ``labels``: a class, or a sequence of classes.

    Raises:
        FinetuneError: the columns are missing or of another kind.
        MissingDependency: `datasets` is not installed.
    """
    rows: list[tuple[str, Any, Split | None]] = []
    parts = _parts(folder)
    for part, split in parts:
        prefix = f"{part.name}, " if split else ""
        for place, row in saved_rows(part):
            rows.append((prefix + place, row, split))
    if not rows:
        raise FinetuneError(f"{folder} holds no rows")
    names = list(rows[0][1])
    column = label_column or next((name for name in ("labels", "label") if name in names), None)
    if column is None or column not in names or "image" not in names:
        raise FinetuneError(
            f"{folder} needs the columns image and label or labels; it has: {', '.join(names)}"
        )
    labels, exclusive = _classes(parts[0][0], column)
    samples = [_saved_sample(row, place, column, labels, split) for place, row, split in rows]
    return LabelledData(folder, labels, tuple(samples), exclusive=exclusive)


def _parts(folder: Path) -> list[tuple[Path, Split | None]]:
    index = folder / "dataset_dict.json"
    if not index.is_file():
        return [(folder, None)]
    names = json.loads(index.read_text(encoding="utf-8"))["splits"]
    if unknown := [name for name in names if name.lower() not in SPLIT_NAMES]:
        raise FinetuneError(f"{folder} has a part named {unknown[0]}; use train, validation and test")
    return [(folder / name, SPLIT_NAMES[name.lower()]) for name in names]


def _classes(folder: Path, column: str) -> tuple[tuple[str, ...], bool]:
    try:
        from datasets import ClassLabel, load_from_disk
    except ImportError as error:
        raise MissingDependency(
            f"{folder} is a folder of datasets: pip install 'mm-agent[finetune]'"
        ) from error
    feature: Any = load_from_disk(str(folder)).features[column]  # pyright: ignore[reportAttributeAccessIssue]
    inner = getattr(feature, "feature", feature)
    if not isinstance(inner, ClassLabel):
        raise FinetuneError(
            f"{folder}: {column} is {type(inner).__name__}; make it a ClassLabel or a sequence of them"
        )
    return tuple(inner.names), inner is feature


def _saved_sample(
    row: Mapping[str, Any], place: str, column: str, labels: tuple[str, ...], split: Split | None
) -> Sample:
    assert isinstance(row, SavedRow)
    value = row[column]
    targets = one_hot(value, len(labels)) if isinstance(value, int) else many_hot(value or (), len(labels))
    if row.holds_pictures():
        return Sample(place, place, lambda: content_hash(row.picture()), row.picture, targets, split)
    path = Path(row["image"])
    return Sample(place, path.name, partial(file_key, path), partial(open_file, path), targets, split)
