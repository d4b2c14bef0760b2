"""Tables are read into sets with the right splits; what is wrong with one is said with file and line."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from mm_agent.errors import FinetuneError
from tests.training.photo.builders import write_squares, write_table
from training.photo.sets import read_set, read_sets

CAPTIONED = {"file": "a.jpg", "captions": ["a dog"]}


def splits(folder: Path, name: str, rows: list[dict]) -> list[str]:
    write_table(folder, name, rows)
    return [example.split for example in read_set(folder, name).examples]


def test_published_sets_keep_their_test_images(tmp_path: Path) -> None:
    files = [{"file": f"{number:05}.jpg"} for number in range(10)]
    assert splits(tmp_path, "pacs", files) == ["test"] * 10
    assert splits(tmp_path, "miniplaces", files) == ["test", *["train"] * 4] * 2
    assert splits(tmp_path, "grocery", [{**row, "split": "val"} for row in files]) == ["train"] * 10
    classes = [{**row, "cls": "ab"[n % 2]} for n, row in enumerate(files[:8])]
    assert splits(tmp_path, "caltech101", classes) == ["train"] * 6 + ["test"] * 2
    words = [{**row, "wnid": "n1"} for row in files[:4]]
    assert splits(tmp_path, "mini_imagenet", words) == ["train", "train", "train", "test"]
    assert splits(tmp_path, "flickr8k", [{**files[0], "split": ""}, {**files[1], "split": "val"}]) == [
        "none",
        "val",
    ]


def test_a_set_of_ones_own_says_its_splits_and_trains_by_default(tmp_path: Path) -> None:
    rows = [{"file": "a"}, {"file": "b", "split": "val"}, {"file": "c", "split": "test"}]
    assert splits(tmp_path, "mine", rows) == ["train", "val", "test"]
    assert read_set(tmp_path, "mine").of_split("val").tolist() == [1]


def test_other_columns_are_kept(tmp_path: Path) -> None:
    write_table(tmp_path, "mine", [{**CAPTIONED, "labels": ["dog"], "wnid": "n1"}])
    (example,) = read_set(tmp_path, "mine").examples
    assert (example.captions, example.labels, example.facts) == (("a dog",), ("dog",), {"wnid": "n1"})


def test_images_come_from_a_folder_or_a_tar(tmp_path: Path) -> None:
    write_squares(tmp_path, each=2)
    from_folder = [image.getpixel((15, 15)) for image in read_set(tmp_path, "squares").images()]
    with tarfile.open(tmp_path / "squares.tar", "w") as archive:
        for file in sorted((tmp_path / "squares").iterdir()):
            archive.add(file, file.name)
    images = read_set(tmp_path, "squares")
    assert [image.getpixel((15, 15)) for image in images.images()] == from_folder
    assert [image.getpixel((15, 15)) for image in images.images([3])] == from_folder[3:4]
    images.require_images()


def test_a_photograph_on_its_side_is_turned(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "mine" / "a.jpg", exif=exif)
    write_table(tmp_path, "mine", [CAPTIONED])
    assert [image.size for image in read_set(tmp_path, "mine").images()] == [(20, 30)]


def test_published_sets_come_first_in_training_s_order(tmp_path: Path) -> None:
    for name in ("pacs", "animals", "flickr8k"):
        (tmp_path / name).mkdir()
        write_table(tmp_path, name, [{**CAPTIONED, "split": "train"}])
        Image.new("RGB", (8, 8)).save(tmp_path / name / "a.jpg")
    assert [one.name for one in read_sets(tmp_path)] == ["flickr8k", "pacs", "animals"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{oops", "Invalid JSON"),
        ('{"captions": ["a dog"]}', "file: Field required"),
        ('{"file": "b.jpg", "captions": "a dog"}', "captions: Input should be a valid array"),
        ('{"file": "b.jpg", "labels": [""]}', "labels.0: String should have at least 1 character"),
        ('{"file": "b.jpg", "split": "dev"}', "split is 'dev'; use one of train, val, test, none"),
    ],
)
def test_an_unreadable_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "mine.jsonl").write_text(f'{{"file": "a.jpg"}}\n\n{line}\n')
    with pytest.raises(FinetuneError) as error:
        read_set(tmp_path, "mine")
    assert str(error.value).startswith(f"{tmp_path / 'mine.jsonl'}, line 3: {reason}")
    assert "\n" not in str(error.value)


def test_a_table_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(FinetuneError, match=r"mine.jsonl cannot be read .*; write it in UTF-8"):
        read_set(tmp_path, "mine")


def test_missing_images_are_reported_before_anything_is_computed(tmp_path: Path) -> None:
    write_table(tmp_path, "mine", [CAPTIONED, {"file": "b.jpg"}])
    with pytest.raises(FinetuneError, match=r"has neither mine.tar nor a folder mine beside it; put"):
        read_sets(tmp_path)
    (tmp_path / "mine").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "mine" / "a.jpg")
    with pytest.raises(FinetuneError, match=r"names b.jpg, which is not in .*/mine \(1 such lines\)"):
        read_sets(tmp_path)
    with tarfile.open(tmp_path / "mine.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("b.jpg"), io.BytesIO())
    with pytest.raises(FinetuneError, match=r"names a.jpg, which is not in .*/mine.tar"):
        read_sets(tmp_path)


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.jpg").write_text("no image")
    write_table(tmp_path, "mine", [CAPTIONED])
    with pytest.raises(FinetuneError, match=r"mine.jsonl names the image a.jpg, which cannot be read"):
        list(read_set(tmp_path, "mine").images())


def test_captions_are_needed(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match=r"no table in .* has training images with captions; write one"):
        read_sets(tmp_path)
    write_table(tmp_path, "mine", [{"file": "a.jpg", "labels": ["dog"]}, {**CAPTIONED, "split": "val"}])
    with pytest.raises(FinetuneError, match=r"no table in .* has training images with captions; write one"):
        read_sets(tmp_path)
