"""What cannot be trained on is one clear line, and nothing is overwritten."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mm_agent.errors import FinetuneError
from mm_agent.finetune.rules import ClassifyRules
from tests.finetune.conftest import Train


def test_all_files_missing(train: Train, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,cat,dog\na.jpg,1,0\nb.jpg,0,1\n")
    with pytest.raises(FinetuneError, match=r"none of the 2 pictures can be used.*a\.jpg.*--images"):
        train(tmp_path / "run", data=tmp_path / "t.csv")


def test_too_many_bad_rows_are_refused_and_listed(train: Train, table: Path, tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match=r"4 of 400 examples cannot be used, more than 0%.*left-out\.txt"):
        train(tmp_path / "run", bad_share=0.001)
    assert len((tmp_path / "run" / "left-out.txt").read_text().splitlines()) == 4
    assert not (tmp_path / "run" / "run.json").exists()
    train(tmp_path / "run")  # the folder is not spoilt by it


def test_a_label_that_is_never_or_always_there(train: Train, tmp_path: Path) -> None:
    for number in range(12):
        Image.new("RGB", (16, 16), (number * 20, 0, 0)).save(tmp_path / f"{number}.png")
    rows = [f"{number}.png,1,{number % 2},0" for number in range(12)]
    (tmp_path / "t.csv").write_text("image,a,b,c\n" + "\n".join(rows))
    with pytest.raises(FinetuneError, match="no training picture shows c"):
        train(tmp_path / "run", data=tmp_path / "t.csv")
    with pytest.raises(FinetuneError, match="every training picture shows a"):
        train(tmp_path / "run", data=tmp_path / "t.csv", label_columns=("a", "b"))


def test_outputs_that_exist_stay_as_they_are(train: Train, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(FinetuneError, match=r"holds thesis\.txt, which is of no run; choose another --out"):
        train(tmp_path / "full")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FinetuneError, match="is a file; choose another --out"):
        train(tmp_path / "file")
    assert os.listdir(tmp_path / "full") == ["thesis.txt"]
    assert (tmp_path / "file").read_text() == "mine"


def test_an_unwritable_output(train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests may run as root
    with pytest.raises(FinetuneError, match="cannot be written; choose another --out"):
        train(tmp_path / "run")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"method": "magic"}, "method is 'magic'"),
        ({"test": 1.5}, "test is 1.5"),
    ],
)
def test_rules_that_make_no_sense(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    with pytest.raises(FinetuneError, match=said):
        ClassifyRules(data=tmp_path, **values)


def test_a_split_that_leaves_nothing(train: Train, tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="leave nothing to train on"):
        train(tmp_path / "run", validation=0.5, test=0.5)
