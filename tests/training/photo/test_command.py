"""The whole command on two dozen drawn squares, and its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mm_agent.vision.encoder import SiglipEncoder
from tests.training.photo.builders import hashed_vectors, write_squares, write_table
from training.photo import __main__ as command
from training.photo.config import TrainConfig
from training.photo.export import export, read_average
from training.photo.sets import read_set
from training.photo.teacher import Teacher
from training.photo.tower_maps import HEAD, LOW, ComputeMaps

_KEPT = ("features", "scenes", "tokenizer", "teacher")


def colour_maps(_: Path) -> ComputeMaps:
    """In place of the tower: random features of the colours of every cell."""
    mix = np.random.default_rng(0).standard_normal((3, HEAD + LOW)).astype(np.float32)

    def compute(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cells = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(pixels), 9)
        maps = cells.flatten(2).transpose(1, 2).numpy() @ mix  # (B, 81, C)
        return maps[..., HEAD:], maps[..., :HEAD].clip(0, 6)

    return compute


@pytest.fixture(scope="module")
def arguments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    data, out = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("run")
    write_squares(data)
    return ["--data", str(data), "--out", str(out), "--steps", "3", "2", "--scenes", "2"]


@pytest.fixture(scope="module")
def small_parts() -> Iterator[pytest.MonkeyPatch]:
    """A small tower and teacher for the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "load_maps", colour_maps)
        patch.setattr(command, "e5_is_installed", lambda: True)
        patch.setattr(command, "Teacher", partial(Teacher, load_encoder=lambda: hashed_vectors))
        yield patch


@pytest.fixture(scope="module")
def run(arguments: list[str], small_parts: pytest.MonkeyPatch) -> Path:
    """A run's folder after the whole command."""
    command.main(arguments)
    return Path(arguments[3])


def test_a_checkpoint_comes_out_that_loads_and_scores(run: Path, arguments: list[str]) -> None:
    encoder = SiglipEncoder.from_pretrained(run / "weights", device="cpu")
    assert (encoder.family, encoder.image_size) == ("photo", (288, 288))
    pictures = [
        image for image, _ in zip(read_set(Path(arguments[1]), "squares").images(), range(2), strict=False)
    ]
    scores = encoder.score(pictures, ["a red apple", "红色的苹果", "a green car"])
    assert scores.shape == (2, 3)
    assert ((scores > 0) & (scores < 1)).all()
    assert 0 < encoder.presence_threshold < 1
    assert 0.5 <= encoder.tag_threshold < 1
    assert encoder.tag_priors is not None
    odds = encoder.tag_priors.log_odds
    assert odds["apple"] > odds["pear"] == encoder.tag_priors.unknown
    assert encoder.default_templates("zh") == ("{label}",)
    assert "counting" in (encoder.notice("en") or "")


def test_the_vectors_of_the_checkpoint_are_those_of_the_average(run: Path) -> None:
    config = TrainConfig.read(run)
    model = read_average(run, config)
    encoder = SiglipEncoder.from_pretrained(run / "weights", device="cpu")
    ids = torch.tensor(encoder.tokenizer("a red apple")["input_ids"])[None]
    expected = torch.nn.functional.normalize(model.text_model(ids).pooler_output, dim=-1)
    torch.testing.assert_close(encoder.embed_texts(["A red apple!"]), expected, rtol=0.01, atol=2e-3)
    assert [stage.steps for stage in config.stages] == [3, 2]
    assert config.model.vocabulary == model.text_model.token_embedding.num_embeddings < 11_200


def test_finished_parts_are_kept_and_the_export_repeats(
    run: Path, arguments: list[str], small_parts: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Callable:
        raise AssertionError("this was done already")

    before = {path: path.stat().st_mtime_ns for part in _KEPT for path in (run / part).rglob("*")}
    weights = (run / "weights" / "model.safetensors").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_maps", "train_tokenizer", "train"):
            patch.setattr(command, name, refuse)
        command.main([*arguments, "--export-only"])
    assert {path: path.stat().st_mtime_ns for part in _KEPT for path in (run / part).rglob("*")} == before
    assert (run / "weights" / "model.safetensors").read_bytes() == weights


def test_the_teacher_knew_captions_names_and_pieces(run: Path) -> None:
    texts = set((run / "teacher" / "texts.txt").read_text(encoding="utf-8").splitlines())
    assert {"a red apple", "红色的苹果", "labrador retriever", "拉布拉多"} <= texts
    pieces = set(command.read_pieces(run / "tokenizer"))
    assert {piece for piece in pieces if piece.strip()} <= texts


def test_a_run_without_weights_cannot_be_exported(arguments: list[str], run: Path, tmp_path: Path) -> None:
    TrainConfig().save(tmp_path)
    with pytest.raises(
        SystemExit, match=r"error: .*average-1.pt is missing: the run has saved no weights yet"
    ):
        _export(tmp_path)
    torch.save({"logit_scale": torch.zeros(1)}, tmp_path / "average-1.pt")
    with pytest.raises(SystemExit, match=r"error: .*average-1.pt is of another version of the model"):
        _export(tmp_path)
    (tmp_path / "training.json").write_text('{"step": 1}')
    with pytest.raises(SystemExit, match=r"error: .*training.json is missing or not of this version"):
        _export(tmp_path)


def _export(run: Path) -> None:
    def fail(options: object) -> None:
        export(run, run / "weights", tokenizer=run, by=None)  # pyright: ignore[reportArgumentType]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "_run", fail)
        command.main(["--data", str(run), "--out", str(run)])


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["--data", str(tmp_path), "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit, match=r"^error: no table in .* has training images with captions"):
        command.main(base)
    (tmp_path / "mine").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "mine" / "a.png")
    write_table(tmp_path, "mine", [{"file": "a.png", "captions": ["a dog"]}])
    with pytest.raises(SystemExit, match=r'^error: scores are calibrated on captioned images with "split"'):
        command.main(base)
    with pytest.raises(SystemExit, match=r"^error: .* has no data.noun; pass usr/share/wordnet"):
        command.main([*base, "--wordnet", str(tmp_path)])
    for wrong, reason in (
        (["--cedict", "x"], "--cedict needs --wordnet"),
        (["--steps", "1", "0"], "1 or more"),
    ):
        with pytest.raises(SystemExit, match="2"):
            command.main([*base, *wrong])
        assert reason in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
