"""Labels from CSV files: the known format, columns found and named, and what is wrong with a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from mm_agent.errors import FinetuneError
from mm_agent.finetune.reading import read_labelled
from mm_agent.vision.demo.domain import COLUMNS


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_known_format_is_read_by_itself(table: Path) -> None:
    data = read_labelled(table)
    assert data.labels == COLUMNS
    assert len(data.samples) == 400
    assert not data.exclusive
    first = data.samples[0]
    row = table.read_text(encoding="utf-8").splitlines()[1].split(",")
    assert first.name == row[0]
    assert list(first.targets) == [int(cell) for cell in row[2:]]
    assert first.picture().size == (64, 64)  # from images/, beside the table


def test_a_classes_header_without_quotes_is_put_together_again(tmp_path: Path) -> None:
    path = write(tmp_path, "Image_Name,Classes(cat, dog),cat,dog\na.jpg,cat,1,0\nb.jpg,dog,0,1\n")
    data = read_labelled(path)
    assert data.labels == ("cat", "dog")
    assert [sample.targets for sample in data.samples] == [(1, 0), (0, 1)]


def test_text_columns_are_no_labels_and_named_ones_win(tmp_path: Path) -> None:
    path = write(tmp_path, "image,note,cat,dog,year\na.jpg,nice,1,0,1999\nb.jpg,,0,1,2001\n")
    assert read_labelled(path).labels == ("cat", "dog")
    assert read_labelled(path, label_columns=("dog", "cat")).samples[0].targets == (0, 1)


def test_one_column_of_names_makes_exclusive_labels(tmp_path: Path) -> None:
    path = write(tmp_path, "image,label,split\na.jpg,cat,train\nb.jpg,dog,val\nc.jpg,,train\n")
    data = read_labelled(path)
    assert (data.labels, data.exclusive) == (("cat", "dog"), True)
    assert [sample.split for sample in data.samples] == ["train", "validation"]
    assert data.bad_rows == ("labels.csv, line 4: label is empty",)


def test_empty_cells_are_bad_rows(tmp_path: Path) -> None:
    data = read_labelled(write(tmp_path, "image,cat,dog\na.jpg,1,0\nb.jpg,,1\n,0,1\n"))
    assert data.bad_rows == ("labels.csv, line 3: cat is empty", "labels.csv, line 4: image is empty")
    assert data.total == 3


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (
            "photo,cat,dog\na.jpg,1,0\n",
            {},
            "no column of pictures such as Image_Name; it has: photo, cat, dog",
        ),
        (
            "image,cat,dog\na.jpg,1,0\n",
            {"label_columns": ("cat", "bird")},
            "has no column bird; it has: image",
        ),
        ("image,cat,dog\na.jpg,1,0\n", {"image_column": "file"}, "has no column file"),
        (
            "image,cat,dog\n" + "a.jpg,1,0\n" * 19 + "b.jpg,2,0\n",
            {},
            "line 21: cat is '2', but labels are 0 or 1",
        ),
        ("image,cat,note\na.jpg,1,x\n", {}, "has one label only (cat)"),
        ("image,note\na.jpg,hello\n", {}, "no column that holds 0 and 1"),
        ("image,cat,cat\na.jpg,1,0\n", {}, "several columns named cat"),
        ("image,cat,dog\n", {}, "holds no rows"),
        ("image,cat,dog,split\na.jpg,1,0,later\n", {}, "split is 'later'; use train, validation or test"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_line(
    tmp_path: Path, text: str, options: dict[str, tuple[str, ...]], said: str
) -> None:
    with pytest.raises(FinetuneError) as raised:
        read_labelled(write(tmp_path, text), **options)  # pyright: ignore[reportArgumentType]
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_data_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="there is no"):
        read_labelled(tmp_path / "none.csv")
