from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, DatasetDict
from PIL import Image

from mm_agent.errors import FinetuneError, MediaError
from mm_agent.finetune.projector.examples import Example, read_examples, split_at_image
from tests.finetune.projector.conftest import COLOURS, record


def picture_of(example: Example) -> Image.Image:
    """An example's picture."""
    shown = example.show(1)
    assert isinstance(shown, Image.Image)
    return shown


def test_lines_become_examples_with_their_pictures(data: Path) -> None:
    examples = read_examples(data)
    assert [example.turns for example in examples] == [(("<image>\nWhich colour?", c),) for c in COLOURS]
    assert examples[0].place == "colours.jsonl, line 1"
    assert picture_of(examples[0]).getpixel((0, 0)) == (255, 0, 0)
    assert len({example.key() for example in examples}) == len(COLOURS)


def test_pictures_may_lie_elsewhere(data: Path, tmp_path: Path) -> None:
    moved = data.rename(tmp_path / "moved.jsonl")
    (example, *_) = read_examples(moved, data.parent)
    assert picture_of(example).size == (64, 64)
    (lost, *_) = read_examples(moved)
    with pytest.raises(MediaError, match=r"red\.png: No such file"):
        lost.show(1)


def test_a_damaged_picture_is_named(data: Path) -> None:
    (data.parent / "pictures" / "red.png").write_bytes(b"not a picture at all")
    with pytest.raises(MediaError, match=r"red\.png: "):
        read_examples(data)[0].show(1)


@pytest.mark.parametrize("stored", ["pictures", "paths"])
def test_a_folder_of_datasets_gives_the_same(data: Path, tmp_path: Path, stored: str) -> None:
    lines = [json.loads(line) for line in data.read_text().splitlines()]
    if stored == "pictures":
        lines = [line | {"image": Image.open(data.parent / line["image"]).convert("RGB")} for line in lines]
    Dataset.from_list(lines).save_to_disk(tmp_path / "rows")
    rows = read_examples(tmp_path / "rows", data.parent)
    for row, line in zip(rows, read_examples(data), strict=True):
        assert row.turns == line.turns
        assert picture_of(row).tobytes() == picture_of(line).tobytes()
    assert rows[2].place == "row 3"
    assert len({row.key() for row in rows}) == len(COLOURS)


def test_a_folder_of_several_splits_names_them(data: Path, tmp_path: Path) -> None:
    rows = Dataset.from_list([json.loads(line) for line in data.read_text().splitlines()])
    DatasetDict({"train": rows, "test": rows}).save_to_disk(tmp_path / "splits")
    with pytest.raises(FinetuneError, match=r"several splits \(train, test\)"):
        read_examples(tmp_path / "splits")
    (tmp_path / "other").mkdir()
    with pytest.raises(FinetuneError, match="not a data set that save_to_disk wrote"):
        read_examples(tmp_path / "other")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", r"line 2 is not JSON"),
        ("[]", r"line 2 is not an object"),
        ({"conversations": []}, r"line 2 has no 'image'"),
        ({"image": "a.png"}, r"line 2 has no 'conversations'"),
        (record("", "x"), r"line 2: image is ''; give the path"),
        ({"image": "a", "conversations": []}, r"line 2: conversations must be questions and answers"),
        ({"image": "a", "conversations": [{"from": "gpt", "value": "x"}] * 2}, r"line 2: turn 1 .*\"human\""),
        (
            {"image": "a", "conversations": [{"from": "human", "value": "<image>"}] * 2},
            r"line 2: turn 2 .*\"gpt\"",
        ),
        (record("a", " "), r"line 2: turn 2 is an empty answer"),
        (record("a", "x", "no picture"), r"line 2: 0 times <image>"),
        (record("a", "x", "<image> and <image>"), r"line 2: 2 times <image>"),
    ],
)
def test_a_line_that_is_not_as_described_is_named(data: Path, line: Any, said: str) -> None:
    first = data.read_text().splitlines()[0]
    data.write_text(first + "\n" + (line if isinstance(line, str) else json.dumps(line)))
    with pytest.raises(FinetuneError, match=said) as caught:
        read_examples(data)
    assert "\n" not in str(caught.value)


def test_no_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="there is no"):
        read_examples(tmp_path / "nowhere.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n\n")
    with pytest.raises(FinetuneError, match="holds no example"):
        read_examples(tmp_path / "empty.jsonl")
    (tmp_path / "list.jsonl").write_text('[\n{"image": "a"}\n]')
    with pytest.raises(FinetuneError, match="put one object on each line"):
        read_examples(tmp_path / "list.jsonl")


@pytest.mark.parametrize("question", ["<image>\nWhat?", "<image>What?", "\n<image>\nWhat?"])
def test_a_line_break_at_the_picture_is_dropped(question: str) -> None:
    assert split_at_image(question) == ("", "What?")
