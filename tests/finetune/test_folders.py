"""Labels from folders of pictures and from saved data sets."""

from __future__ import annotations

from pathlib import Path

import datasets
import pytest
from PIL import Image

from mm_agent.errors import FinetuneError
from mm_agent.finetune.reading import read_labelled


def paint(path: Path, colour: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), colour).save(path)


def test_a_folder_a_label(tmp_path: Path) -> None:
    paint(tmp_path / "red" / "1.png", "red")
    paint(tmp_path / "blue" / "1.png", "blue")
    (tmp_path / "red" / "notes.txt").write_text("no picture")
    data = read_labelled(tmp_path)
    assert (data.labels, data.exclusive) == (("blue", "red"), True)
    assert {sample.name: sample.targets for sample in data.samples} == {
        "blue/1.png": (1, 0),
        "red/1.png": (0, 1),
    }
    assert data.samples[0].split is None


def test_folders_of_parts_keep_their_parts(tmp_path: Path) -> None:
    paint(tmp_path / "train" / "red" / "1.png", "red")
    paint(tmp_path / "val" / "blue" / "1.png", "blue")
    data = read_labelled(tmp_path)
    assert data.labels == ("blue", "red")
    assert {sample.split for sample in data.samples} == {"train", "validation"}


def test_empty_folders_are_said(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="holds no pictures"):
        read_labelled(tmp_path)
    paint(tmp_path / "red" / "1.png", "red")
    with pytest.raises(FinetuneError, match=r"one label only \(red\)"):
        read_labelled(tmp_path)


@pytest.mark.parametrize("several", [False, True])
def test_a_saved_data_set(tmp_path: Path, several: bool) -> None:
    label = datasets.ClassLabel(names=["cat", "dog", "bird"])
    features = datasets.Features(
        {"image": datasets.Image(), "labels": datasets.List(label) if several else label}
    )
    pictures = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green")]
    rows = {"image": pictures, "labels": [[0, 2], []] if several else [2, 1]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(tmp_path / "saved")
    data = read_labelled(tmp_path / "saved")
    assert data.exclusive is not several
    assert [sample.targets for sample in data.samples] == (
        [(1, 0, 1), (0, 0, 0)] if several else [(0, 0, 1), (0, 1, 0)]
    )
    assert data.samples[0].picture().getpixel((0, 0)) == (255, 0, 0)
    assert data.samples[0].key() != data.samples[1].key()


def test_a_saved_data_set_of_parts(tmp_path: Path) -> None:
    label = datasets.ClassLabel(names=["cat", "dog"])
    features = datasets.Features({"image": datasets.Image(), "label": label})
    part = datasets.Dataset.from_dict({"image": [Image.new("RGB", (8, 8))], "label": [1]}, features=features)
    datasets.DatasetDict({"train": part, "test": part}).save_to_disk(tmp_path / "saved")
    data = read_labelled(tmp_path / "saved")
    assert [sample.split for sample in data.samples] == ["train", "test"]
