"""The zero-shot benchmark: metrics of known scores, data from files, the demo encoder on drawn scenes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mm_agent.errors import EvalError
from mm_agent.evals.zeroshot.benchmark import benchmark
from mm_agent.evals.zeroshot.data import read_pictures
from mm_agent.evals.zeroshot.metrics import calibration_error, classification, multi_label, retrieval
from mm_agent.evals.zeroshot.report import benchmark_markdown
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo.scenes import arrange, draw
from mm_agent.vision.vocabulary import concepts


def test_classification() -> None:
    logits = np.eye(7)[[0, 0, 0, 1, 2, 3]] + 0.01 * np.arange(7, 0, -1)
    true = np.array([0, 0, 0, 1, 2, 6])
    found = classification(logits, np.full((6, 7), 1 / 7), true)
    assert found["top-1"] == pytest.approx(5 / 6)
    assert found["top-5"] == pytest.approx(5 / 6)  # the last one's true label comes last
    assert found["mean per-class recall"] == pytest.approx(3 / 4)
    assert found["ECE"] == pytest.approx(5 / 6 - 1 / 7)


def test_multi_label() -> None:
    truth = np.array([[True, False], [False, True], [True, True]])
    perfect = multi_label(truth * 2.0, truth * 1.0, truth)
    assert perfect == {"mAP": 1.0, "ECE": 0.0}
    worst = multi_label(truth * -2.0, 1.0 - truth, truth)
    assert worst["mAP"] < 0.7
    assert worst["ECE"] == 1.0


def test_retrieval() -> None:
    logits = np.eye(8)
    logits[0] = np.arange(8)  # its own text is the worst
    found = retrieval(logits, np.eye(8, dtype=bool))
    assert (found["image to text R@1"], found["image to text R@5"]) == (7 / 8, 7 / 8)
    assert "image to text R@10" not in found


def test_calibration() -> None:
    """Of answers given with 0.9, four fifths are right: off by 0.1."""
    confidence, right = np.full(10, 0.9), np.arange(10) < 8
    assert calibration_error(confidence, right) == pytest.approx(0.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for concept in (3, 40):
        inside = tmp_path / "pictures" / concepts()[concept].en.replace(" ", "_")
        inside.mkdir(parents=True)
        for number in range(3):
            picture = Image.fromarray(draw(arrange([(concept, 1)], rng), 128))
            picture.save(inside / f"{number}.png")
    return tmp_path


def test_an_encoder_on_a_folder(folder: Path) -> None:
    (folder / "pictures" / concepts()[3].en / "bad.png").write_bytes(b"no picture")
    found = benchmark(SiglipEncoder.from_pretrained("demo"), read_pictures(folder / "pictures"))
    assert (found.task, found.pictures, found.texts, len(found.unusable)) == ("classification", 6, 2, 1)
    assert found.rows[0].metrics["top-1"] == 1.0
    assert ("the checkpoint's", "case kept") in {(row.templates, row.text_rules) for row in found.rows}
    assert "6 pictures, 2 labels; 1 pictures could not be used" in benchmark_markdown(found)


def test_files_of_labels_and_captions(folder: Path) -> None:
    name = concepts()[3].en
    table = folder / "table.csv"
    table.write_text(f"image,label\npictures/{name}/0.png,a|b\npictures/{name}/1.png,b\n")
    assert (read_pictures(table).task, read_pictures(table).true) == ("multi-label", ((0, 1), (1,)))
    table.write_text("image,caption\na.png,one\na.png,two\nb.png,three\n")
    assert (read_pictures(table).task, read_pictures(table).true) == ("retrieval", ((0, 1), (2,)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na.png,x\n", "needs the columns image, and label or caption; it has file, label"),
        ("image,label\na.png,\n", r"table\.csv:2: image and label must not be empty"),
        ("image,label\na.png,x\n", "two classes are needed"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(EvalError, match=message):
        read_pictures(tmp_path / "table.csv")
