"""Labels from a CSV file: a column of picture names and either one-hot columns or one column of label names.

The format that is found by itself: ``Image_Name``, a free-text column headed ``Classes(motorcycle, truck,
...)`` and a 0/1 column a label. Other tables name their columns.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mm_agent.errors import FinetuneError
from mm_agent.finetune.pictures import file_key, open_file
from mm_agent.finetune.samples import SPLIT_NAMES, LabelledData, Sample, Split, one_hot

IMAGE_COLUMNS = ("image_name", "image", "file_name", "filename", "image_path", "path", "file")
SPLIT_COLUMN = "split"
_CLASSES = re.compile(r"^classes\s*\((.*)\)$", re.IGNORECASE | re.DOTALL)
_BINARY = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1, "no": 0, "yes": 1}
_MOSTLY = 0.9
"""Share of 0s and 1s from which a column is meant to be a label."""
_PICTURE_FOLDERS = ("", "images", "Images", "pictures", "img", "imgs")


@dataclass(frozen=True)
class _Row:
    line: int
    cells: dict[str, str]


def read_table(
    path: Path,
    *,
    images: Path | None = None,
    image_column: str | None = None,
    label_columns: Sequence[str] = (),
) -> LabelledData:
    """Read a CSV file; pictures are not opened yet.

    Args:
        path: the file, UTF-8, with a header.
        images: folder of the pictures; None: the file's own, or a folder ``images`` beside it.
        image_column: column of the pictures' names; None: found by its name.
        label_columns: columns of the labels, or one column of label names; None: those that hold 0 and 1.

    Raises:
        FinetuneError: a column is missing or holds something else than 0 and 1, or there are no two labels.
    """
    header, rows = _read(path)
    image = _image_column(header, image_column, path)
    base = images or _base(path, [row.cells[image] for row in rows[:50]])
    columns = list(label_columns) or _label_columns(header, rows, image, path)
    if missing := [name for name in columns if name not in header]:
        raise FinetuneError(
            f"{path.name} has no column {', '.join(missing)}; it has: {', '.join(header)}; name others with "
            "--label-column"
        )
    if len(columns) == 1 and _binary_share(rows, columns[0]) < _MOSTLY:
        return _single(path, rows, image, columns[0], base)
    return _multi(path, rows, image, columns, base)


def _read(path: Path) -> tuple[list[str], list[_Row]]:
    try:
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file, skipinitialspace=True)
            header = [name.strip() for name in _mended(next(reader, []))]
            rows = [
                _Row(reader.line_num, dict(zip(header, map(str.strip, cells), strict=False)))
                for cells in reader
                if any(cell.strip() for cell in cells)
            ]
    except csv.Error as error:
        raise FinetuneError(f"{path} is not a readable CSV file ({error}); save it again as CSV") from error
    if not header or not rows:
        raise FinetuneError(f"{path} holds no rows; give a header and one row a picture")
    if twice := {name for name in header if header.count(name) > 1 and name}:
        raise FinetuneError(f"{path.name} has several columns named {sorted(twice)[0]}; rename one")
    return header, rows


def _mended(header: list[str]) -> list[str]:
    """A header whose ``Classes(a, b)`` was not quoted and fell apart at its commas, put together again."""
    start = next((i for i, name in enumerate(header) if "(" in name and ")" not in name), None)
    end = next((i for i, name in enumerate(header) if ")" in name and "(" not in name), None)
    if start is None or end is None or end < start:
        return header
    return [*header[:start], ",".join(header[start : end + 1]), *header[end + 1 :]]


def _image_column(header: list[str], wanted: str | None, path: Path) -> str:
    if wanted is not None:
        if wanted not in header:
            raise FinetuneError(f"{path.name} has no column {wanted}; it has: {', '.join(header)}")
        return wanted
    found = next((name for name in header if name.lower().replace(" ", "_") in IMAGE_COLUMNS), None)
    if found is None:
        raise FinetuneError(
            f"{path.name} has no column of pictures such as Image_Name; it has: {', '.join(header)}; name it "
            "with --image-column"
        )
    return found


def _base(path: Path, names: Sequence[str]) -> Path:
    """The folder beside the table that holds most of its pictures."""
    folders = [path.parent / name for name in _PICTURE_FOLDERS]
    return max(folders, key=lambda folder: sum((folder / name).is_file() for name in names if name))


def _label_columns(header: list[str], rows: list[_Row], image: str, path: Path) -> list[str]:
    """The columns that ``Classes(...)`` names, else those that hold (almost) only 0 and 1."""
    for name in header:
        if match := _CLASSES.match(name):
            named = [part.strip() for part in match[1].split(",") if part.strip()]
            if found := [label for label in named if label in header]:
                return found
    free = [name for name in header if name and name != image and name.lower() != SPLIT_COLUMN]
    found = [name for name in free if _binary_share(rows, name) >= _MOSTLY]
    if found:
        return found
    words = [name for name in free if name.lower() in ("label", "class", "category")]
    if words:
        return words[:1]
    raise FinetuneError(
        f"{path.name} has no column that holds 0 and 1, nor one named label; it has: {', '.join(header)}; "
        "name the labels' columns with --label-column"
    )


def _binary_share(rows: list[_Row], column: str) -> float:
    values = [row.cells.get(column, "") for row in rows]
    filled = [value for value in values if value]
    return sum(value.lower() in _BINARY for value in filled) / len(filled) if filled else 0.0


def _multi(path: Path, rows: list[_Row], image: str, columns: list[str], base: Path) -> LabelledData:
    samples: list[Sample] = []
    bad: list[str] = []
    for row in rows:
        place = f"{path.name}, line {row.line}"
        values = [row.cells.get(column, "").lower() for column in columns]
        if "" in values or not row.cells.get(image):
            empty = image if not row.cells.get(image) else columns[values.index("")]
            bad.append(f"{place}: {empty} is empty")
            continue
        if odd := next((c for c, value in zip(columns, values, strict=True) if value not in _BINARY), None):
            raise FinetuneError(
                f"{place}: {odd} is {row.cells[odd]!r}, but labels are 0 or 1; mend the table, or name the "
                "labels' columns with --label-column"
            )
        samples.append(_sample(row, image, tuple(_BINARY[value] for value in values), base, place))
    return LabelledData(path, tuple(columns), tuple(samples), tuple(bad))


def _single(path: Path, rows: list[_Row], image: str, column: str, base: Path) -> LabelledData:
    labels = sorted({value for row in rows if (value := row.cells.get(column))})
    samples: list[Sample] = []
    bad: list[str] = []
    for row in rows:
        place, value = f"{path.name}, line {row.line}", row.cells.get(column)
        if not value or not row.cells.get(image):
            bad.append(f"{place}: {column if not value else image} is empty")
            continue
        samples.append(_sample(row, image, one_hot(labels.index(value), len(labels)), base, place))
    return LabelledData(path, tuple(labels), tuple(samples), tuple(bad), exclusive=True)


def _sample(row: _Row, image: str, targets: tuple[int, ...], base: Path, place: str) -> Sample:
    name = row.cells[image]
    path = base / name
    return Sample(
        place, name, partial(file_key, path), partial(open_file, path), targets, _split(row.cells, place)
    )


def _split(cells: dict[str, str], place: str) -> Split | None:
    value = next((cells[name] for name in cells if name.lower() == SPLIT_COLUMN), "")
    if value and value.lower() not in SPLIT_NAMES:
        raise FinetuneError(f"{place}: split is {value!r}; use train, validation or test")
    return SPLIT_NAMES[value.lower()] if value else None
