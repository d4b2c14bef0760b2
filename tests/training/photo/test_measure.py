"""Recalls, accuracies and the page on scores that are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from tests.training.photo.builders import image_set
from training.photo import report
from training.photo.config import StageConfig, TrainConfig
from training.photo.kept import Kept
from training.photo.measure import Measurement, measure, recalls, top_k


class Fixed:
    """Scores images with texts by a table; what is not in it scores 0."""

    def __init__(self, scores: dict[tuple[str, str], float]) -> None:
        self._scores = scores

    def captions(self, kept: Kept, texts: Sequence[str]) -> Tensor:
        rows = [[self._scores.get((e.file, text), 0.0) for text in texts] for e in kept.examples]
        return torch.tensor(rows)

    def labels(self, kept: Kept, labels: Sequence[str]) -> Tensor:
        return self.captions(kept, labels)


def test_recalls_of_a_known_matrix() -> None:
    # Two captions an image; the second image's are best for the first image.
    scores = torch.tensor([[0.9, 0.1, 0.8, 0.7], [0.2, 0.0, 0.5, 0.3], [0.0, 0.3, 0.0, 0.1]])
    found = recalls(scores, torch.tensor([0, 0, 1, 1]))
    assert found["text to image R@1"] == 0.25, "only the first caption finds its image"
    assert found["text to image R@10"] == 1.0
    assert found["image to text R@1"] == 1.0, "the third image has no caption and does not count"
    found = recalls(scores, torch.tensor([1, 1, 0, 2]))
    assert found["image to text R@1"] == 0.0
    many = torch.eye(20) - torch.eye(20).roll(1, 1)
    assert recalls(-many, torch.arange(20))["image to text R@10"] == 0.0


def test_top_k_counts_the_best_columns() -> None:
    scores = torch.tensor([[0.1, 0.9, 0.5], [0.3, 0.2, 0.1]])
    assert top_k(scores, [2, 0], 1) == 0.5
    assert top_k(scores, [2, 0], 2) == 1.0


def test_all_published_sets_are_measured() -> None:
    test = {"split": "test"}
    flickr = image_set(
        {"captions": ("a dog",), "captions_zh": ("狗",), **test},
        {"captions": ("a cat",), "captions_zh": ("猫",), **test},
        name="flickr8k",
    )
    caltech = image_set(*({"labels": (f"{n}",), **test} for n in range(6)), name="caltech101")
    mini = image_set({"labels": ("hound",), "wnid": "n2", **test}, name="mini_imagenet")
    imagenet = image_set(*({"labels": (f"kind {n}",), "wnid": f"n{n}"} for n in range(6)))
    styles = ("photo", "art_painting", "cartoon", "sketch")
    pacs = image_set(*({"labels": ("dog",), "style": style, **test} for style in styles), name="pacs")
    kept = {one.name: Kept.of(one) for one in (flickr, caltech, mini, pacs)}
    right = {("0.jpg", "a dog"): 1.0, ("1.jpg", "a cat"): 1.0, ("0.jpg", "kind 2"): 1.0, ("0.jpg", "0"): 1.0}
    rows = {row.name: row for row in measure(Fixed(right), kept, imagenet)}
    assert rows["Flickr8k text to image R@1, en"] == Measurement("Flickr8k text to image R@1, en", 1.0, 2)
    assert "Flickr8k image to text R@10, zh" in rows
    assert rows["101 object classes top-5"].cases == 6
    assert rows["100 small-image classes among 1,000 names top-1"].value == 1.0
    assert [rows[f"seven things, {style.replace('_', ' ')}"].cases for style in styles] == [1] * 4
    assert not any("scenes" in name for name in rows)


def test_the_table_says_which_aims_are_missed() -> None:
    def rows(*values: float) -> dict[str, Measurement]:
        names = ("100 scenes top-1", "101 object classes top-1", "pointing, legrad, zh")
        return {n: Measurement(n, value, 50) for n, value in zip(names, values, strict=True)}

    record = {"photo": rows(0.35, 0.7, 0.5), "stickers": rows(0.1, 0.1, 0.1), "classifier": {}}
    assert report.table(record).splitlines() == [
        "| 100 scenes top-1 | 35.0% | 10.0% |  | 30% | 20% | 50 |",
        "| 101 object classes top-1 | 70.0% (missed) | 10.0% |  | 75% | 62% | 50 |",
        "| pointing, legrad, zh | 50.0% | 10.0% |  |  |  | 50 |",
    ]
    record["photo"] = rows(0.1, 0.7, 0.5)
    assert "| 10.0% **too low** |" in report.table(record)


def test_the_page_says_how_the_weights_were_trained(tmp_path: Path) -> None:
    stages = (StageConfig(steps=321, cells=17), StageConfig(steps=123))
    TrainConfig(stages=stages).save(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(bytes(2_000_000))
    encoder = SimpleNamespace(  # what the page asks of an encoder
        checkpoint=SimpleNamespace(path=tmp_path, card=SimpleNamespace(absence_threshold=0.27)),
        model=nn.Linear(999, 1000),
        presence_threshold=0.51,
        tag_threshold=0.62,
    )
    page = report.page(encoder, "| row |")  # pyright: ignore[reportArgumentType]
    assert "| row |" in page
    assert "321 steps" in page
    assert "123 more steps" in page
    assert "17 of an image's 81" in page
    assert "below 0.27 as absent" in page
    assert "1.0 M parameters, 2.0 MB" in page
    assert "{" not in page


def test_every_aim_can_be_missed_before_the_weights_are_too_low() -> None:
    assert all(least < aim for aim, least in report.AIMS.values())


def test_the_page_is_written_again_from_its_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {column: {"100 scenes top-1": {"value": 0.25, "cases": 8}} for column in report.COLUMNS}
    (tmp_path / "page.json").write_text(json.dumps(numbers))
    monkeypatch.setattr(report.SiglipEncoder, "from_pretrained", lambda *_, **__: None)
    monkeypatch.setattr(report, "page", lambda encoder, rows: f"top\n{rows}\n")
    arguments = ["--data", str(tmp_path), "--page-only", "--out"]
    report.main([*arguments, str(tmp_path / "page.md")])
    row = "| 100 scenes top-1 | 25.0% (missed) | 25.0% | 25.0% | 30% | 20% | 8 |"
    assert (tmp_path / "page.md").read_text() == f"top\n{row}\n"
    with pytest.raises(
        SystemExit, match=r"^error: .*other.json has no numbers for the page; leave out --page"
    ):
        report.main([*arguments, str(tmp_path / "other.md")])
