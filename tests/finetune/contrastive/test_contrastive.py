"""Contrastive training: the loss, what stays, what is measured, and two processes like one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from mm_agent.errors import FinetuneError
from mm_agent.finetune.contrastive.loss import sigmoid_loss
from mm_agent.finetune.contrastive.measuring import retrieval, zero_shot_warning
from mm_agent.finetune.contrastive.run import ContrastiveRules, train_contrastive
from mm_agent.finetune.looking import sort_out
from mm_agent.finetune.pairs import check_pairs, pairs_text, read_pairs
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo.domain import picture_of
from tests.cli.conftest import spawn_environment
from tests.vision import builders

WORDS = ("bus", "boat", "cycle", "sitar", "tabla", "sunset", "trees", "sea")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 drawn pictures, each with its name."""
    folder = tmp_path_factory.mktemp("pairs")
    lines = []
    for number in range(48):
        word = WORDS[number % len(WORDS)]
        picture_of(word, side=64, seed=number).save(folder / f"{number}.png")
        lines.append({"image": f"{number}.png", "text": f"the {word}, as number {number} shows it"})
    (folder / "pairs.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder / "pairs.jsonl"


@pytest.fixture(scope="module")
def vision(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small SigLIP with random weights."""
    return str(builders.siglip(tmp_path_factory.mktemp("vision") / "siglip"))


def run(data: Path, out: Path, vision: str = "demo", say: Any = lambda line: None, **more: Any) -> Path:
    values = {"data": data, "vision": vision, "batch_size": 8, "epochs": 1}
    return train_contrastive(ContrastiveRules(**values | more), out, device="cpu", say=say)


def test_the_loss_is_the_paper_s_and_knows_other_right_pairs() -> None:
    torch.manual_seed(0)
    images, texts = (F.normalize(torch.randn(3, 8), dim=-1) for _ in range(2))
    scale, bias = torch.tensor(10.0), torch.tensor(-5.0)
    ids = torch.tensor([[0, 0], [1, 1], [2, 0]])  # the third has the first one's words
    loss = sigmoid_loss(images, texts, ids, scale=scale, bias=bias)
    signs = torch.tensor([[1, -1, 1], [-1, 1, -1], [1, -1, 1]])
    expected = -F.logsigmoid(signs * (images @ texts.T * scale + bias)).sum() / 3
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("freeze_text", [False, True])
def test_what_learns_and_what_stays(pairs: Path, vision: str, tmp_path: Path, freeze_text: bool) -> None:
    lines: list[str] = []
    folder = run(pairs, tmp_path / "run", vision, lines.append, freeze_text=freeze_text, rate=1e-3)
    before = SiglipEncoder.from_pretrained(vision, device="cpu").model.state_dict()
    after = SiglipEncoder.from_pretrained(folder, device="cpu").model.state_dict()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"vision_model"} | (set() if freeze_text else {"text_model"})  # never scale and bias
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["before"].keys() == metrics["after"].keys() >= {"image_to_text_R@1", "text_to_image_R@10"}
    assert any(line.startswith("image_to_text_R@1: ") for line in lines)
    assert "held-out pairs" in (folder / "README.md").read_text()
    assert run(pairs, tmp_path / "run", vision, freeze_text=freeze_text, rate=1e-3) == folder  # at once


def test_training_lowers_the_loss_and_a_lost_ability_is_a_warning(pairs: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    folder = run(pairs, tmp_path / "run", "demo", lines.append, rate=3e-3, epochs=4, augment=False)
    log = json.loads(max((tmp_path / "run" / "checkpoints").glob("*/trainer_state.json")).read_text())
    losses = [row["loss"] for row in log["log_history"] if "loss" in row]
    assert losses[-1] < losses[0]
    warning = json.loads((folder / "metrics.json").read_text())["warning"]
    assert warning in lines  # so high a rate forgets the stickers
    assert "lower --rate" in warning
    assert "%" in warning


def test_a_small_loss_of_ability_is_no_warning() -> None:
    assert zero_shot_warning({"drawn_zero_shot": 0.93}, {"drawn_zero_shot": 0.92}) is None
    said = zero_shot_warning({"drawn_zero_shot": 0.93}, {"drawn_zero_shot": 0.5})
    assert said is not None
    assert "93.0% were named right before, 50.0% after" in said


def test_retrieval_counts_any_right_text(tmp_path: Path, encoder: SiglipEncoder) -> None:
    lines = []
    for word, drawn in (("bus", "bus"), ("sailboat", "boat"), ("guitar", "sitar")):
        picture_of(drawn, seed=2).save(tmp_path / f"{word}.png")
        lines.append({"image": f"{word}.png", "text": [f"a photo of a {word}", word]})
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, lines)))
    held, _ = sort_out(read_pairs(tmp_path / "p.jsonl").pairs)
    found = retrieval(encoder, held)
    assert len(held) == 6
    assert found["image_to_text_R@1"] == found["text_to_image_R@1"] == 1.0


def test_pairs_are_checked(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "bad.png").write_bytes(b"damaged")
    rows = [
        '{"image": "a.png", "caption": "black"}', '{"image": "a.png", "text": ["black", "dark"]}',
        '{"image": "a.png"}', '{"image": "a.png", "text": " "}', "[1]", "{broken",
        '{"image": "bad.png", "text": "x"}', '{"image": "none.png", "text": "x"}',
    ]  # fmt: skip
    (tmp_path / "p.jsonl").write_text("\n".join(rows))
    report = check_pairs(read_pairs(tmp_path / "p.jsonl"))
    assert (report.pairs, report.usable, report.pictures, report.texts) == (9, 3, 1, 2)
    assert [line.split(": ")[1] for line in report.bad_rows] == [
        "no text", "the text is empty", "no JSON object", "no JSON object",
    ]  # fmt: skip
    assert len(report.missing) == len(report.corrupt) == len(report.repeated) == 1
    assert "pairs that occur more than once: 1" in pairs_text(report)
    with pytest.raises(FinetuneError, match="there is no"):
        read_pairs(tmp_path / "none.jsonl")


def test_too_few_pairs_and_too_many_bad_ones(pairs: Path, vision: str, tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="fewer than a batch of 64; lower --batch-size"):
        run(pairs, tmp_path / "a", vision, batch_size=64)
    text = pairs.read_text() + '\n{"image": "none.png", "text": "x"}' * 5
    data = pairs.parent / "more.jsonl"
    data.write_text(text)
    with pytest.raises(FinetuneError, match="5 of 53 examples cannot be used"):
        run(data, tmp_path / "b", vision)
    assert len((tmp_path / "b" / "left-out.txt").read_text().splitlines()) == 5


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_processes_train_as_one(pairs: Path, vision: str, tmp_path: Path) -> None:
    """The same sixteen pairs a step, in one process or eight each in two: the same losses and weights."""

    def train(launcher: list[str], out: str, batch: int) -> Path:
        command = [
            sys.executable, "-m", *launcher, "mm_agent.cli.main", "finetune", "contrastive", str(pairs),
            "--out", out, "--vision", vision, "--device", "cpu", "--batch-size", str(batch), "--epochs", "2",
            "--rate", "1e-3", "--no-augment",
        ]  # fmt: skip
        environment = spawn_environment() | {"OMP_NUM_THREADS": "1"}
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.count("encoder") == 1  # only one process speaks
        return tmp_path / out

    port = 29500 + os.getpid() % 400
    torchrun = ["torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(port), "-m"]
    one, two = train([], "one", 16), train(torchrun, "two", 8)

    def losses(folder: Path) -> list[float]:
        states = sorted(
            (folder / "checkpoints").glob("*/trainer_state.json"), key=lambda path: path.stat().st_mtime
        )
        return [row["loss"] for row in json.loads(states[-1].read_text())["log_history"] if "loss" in row]

    assert losses(one) == pytest.approx(losses(two), rel=1e-4)
    first, second = (SiglipEncoder.from_pretrained(run / "encoder", device="cpu").model for run in (one, two))
    for name, weight in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], weight, atol=2e-4, rtol=1e-3)
