"""lora and full: what learns, what is kept, and that a killed run ends as an uninterrupted one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import SiglipImageProcessor

from mm_agent.errors import FinetuneError
from mm_agent.finetune import gradients
from mm_agent.finetune.classifier import train_classifier
from mm_agent.finetune.learner import Classifier, balancing_weights, crop_and_mirror
from mm_agent.finetune.looking import sort_out
from mm_agent.finetune.pixels import store_pixels
from mm_agent.finetune.reading import read_labelled
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.vision import hardware
from mm_agent.vision.demo.domain import Flaws, draw_domain, picture_of
from mm_agent.vision.domain_head import load_head
from tests.cli.conftest import spawn_environment
from tests.vision import builders


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """72 scenes, all good."""
    return draw_domain(tmp_path_factory.mktemp("small"), 72, side=64, flaws=Flaws(0, 0, 0, 0))


@pytest.fixture(scope="module")
def vision(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small SigLIP with random weights."""
    return str(builders.siglip(tmp_path_factory.mktemp("vision") / "siglip"))


def run(data: Path, vision: str, out: Path, say: Any = lambda line: None, **more: Any) -> Path:
    values = {"data": data, "vision": vision, "batch_size": 8, "epochs": 1, "method": "full"}
    return train_classifier(ClassifyRules(**values | more), out, device="cpu", dtype="float32", say=say)


def weights(head: Path) -> dict[str, torch.Tensor]:
    return load_file(head / "model.safetensors")


@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_tower_learns_and_the_head_tells_how(
    small: Path, vision: str, tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "cpu_has_fast_bf16", lambda: False)
    lines: list[str] = []
    linear = run(small, vision, tmp_path / "linear", method="linear")
    head = run(
        small, vision, tmp_path / "run", lines.append,
        method=method, rate=1e-3, checkpointing=True, balance=True, accumulate=2, bf16=True, rank=4,
    )  # fmt: skip
    before, after = weights(linear), weights(head)
    assert before.keys() == after.keys()
    moved = [name for name in before if not torch.equal(before[name], after[name])]
    assert any("encoder.layers.0" in name for name in moved)
    assert "classifier.weight" in moved
    assert any("validation, " in line and "mAP" in line for line in lines)
    assert any("no bfloat16 hardware" in line and "--no-bf16" in line for line in lines)
    assert list((tmp_path / "run" / "logs").glob("events*"))
    assert (f"rank {4}" in (head / "README.md").read_text()) == (method == "lora")
    loaded = load_head(head)
    assert loaded.config.method == method
    assert loaded.classify(picture_of("bus", side=64))[0].score > 0
    kept = load_file(next((tmp_path / "run" / "checkpoints").glob("*/trainable.safetensors")))
    if method == "lora":
        assert all("lora" in name or "classifier" in name for name in kept)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(
    small: Path, vision: str, tmp_path: Path, method: str
) -> None:
    def command(out: str) -> list[str]:
        return [
            sys.executable, "-m", "mm_agent.cli.main", "finetune", "classify", str(small), "--out", out,
            "--vision", vision, "--method", method, "--device", "cpu", "--batch-size", "4", "--epochs", "3",
            "--save-every", "3", "--rate", "1e-3", "--patience", "99",
        ]  # fmt: skip

    environment = spawn_environment() | {"OMP_NUM_THREADS": "1"}
    subprocess.run(command("through"), cwd=tmp_path, env=environment, check=True, capture_output=True)
    process = subprocess.Popen(
        command("killed"), cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    state = tmp_path / "killed" / "checkpoints" / "checkpoint-15" / "trainer_state.json"
    while process.poll() is None and not state.exists():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "head").exists()
    again = subprocess.run(
        command("killed"), cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    assert "going on from checkpoint-" in again.stderr
    through, killed = weights(tmp_path / "through" / "head"), weights(tmp_path / "killed" / "head")
    for name, weight in through.items():
        torch.testing.assert_close(killed[name], weight, atol=0, rtol=0)


def test_training_stops_when_nothing_gets_better(small: Path, vision: str, tmp_path: Path) -> None:
    lines: list[str] = []
    run(small, vision, tmp_path / "run", lines.append, epochs=30, rate=1e-9, patience=1)
    steps = [line for line in lines if "validation, " in line]
    assert len(steps) == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory"),
            "try --batch-size 4 --accumulate 2, --checkpointing, --bf16",
        ),
        (
            OSError(28, "No space left on device"),
            "the disk of .* is full; .*the same command goes on from checkpoint-6",
        ),
        (RuntimeError("PytorchStreamWriter failed writing file data.pkl: file write failed"), "the disk of"),
    ],
)
def test_what_a_machine_runs_out_of_is_one_line(
    small: Path, vision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    plain = gradients.FinetuneTrainer._save_checkpoint

    def fail(self: Any, *args: Any) -> None:
        if self.state.global_step > 6:
            raise error
        plain(self, *args)

    monkeypatch.setattr(gradients.FinetuneTrainer, "_save_checkpoint", fail)
    with pytest.raises(FinetuneError, match=said) as raised:
        run(small, vision, tmp_path / "run", save_every=3, epochs=2)
    assert "\n" not in str(raised.value)
    checkpoints = tmp_path / "run" / "checkpoints"
    assert (checkpoints / "checkpoint-6" / "trainer_state.json").is_file()
    assert not (tmp_path / "run" / "head").exists()
    monkeypatch.undo()
    lines: list[str] = []
    run(small, vision, tmp_path / "run", lines.append, save_every=3, epochs=2)  # intact
    assert "going on from checkpoint-6" in lines


def test_no_room_for_the_pixels_is_said_before_they_are_written(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mm_agent.finetune import pixels

    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(pixels.shutil, "disk_usage", lambda _: usage)
    seen, _ = sort_out(read_labelled(small).samples)
    with pytest.raises(FinetuneError, match=r"need 0\.0 GiB"):
        store_pixels(seen, SiglipImageProcessor(size={"height": 32, "width": 32}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_loss_that_is_no_number_ends_the_run(small: Path, vision: str, tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="lower --rate"):
        run(small, vision, tmp_path / "run", epochs=20, rate=1e30)
    assert not (tmp_path / "run" / "head").exists()


def test_stored_pixels_normalise_to_what_the_processor_gives(small: Path, tmp_path: Path) -> None:
    processor = SiglipImageProcessor(size={"height": 40, "width": 40}, resample=3)
    seen, _ = sort_out(read_labelled(small).samples[:5])
    store = store_pixels(seen, processor, tmp_path)
    images = [one.sample.picture() for one in seen]
    expected = processor(images=images, return_tensors="pt")["pixel_values"]
    mean, std = (
        torch.tensor(getattr(processor, f"image_{name}")).view(1, 3, 1, 1) for name in ("mean", "std")
    )
    torch.testing.assert_close((store.get(range(5)).float() / 255 - mean) / std, expected, atol=1e-5, rtol=0)
    stamp = next(tmp_path.glob("*.npy")).stat().st_mtime_ns
    store_pixels(seen, processor, tmp_path)
    assert next(tmp_path.glob("*.npy")).stat().st_mtime_ns == stamp


def test_augmentation_keeps_most_of_a_picture_and_follows_the_generator() -> None:
    ramp = torch.linspace(0, 1, 64).expand(8, 3, 64, 64).clone()
    torch.manual_seed(3)
    first = crop_and_mirror(ramp)
    torch.manual_seed(3)
    assert torch.equal(first, crop_and_mirror(ramp))
    spans = first[:, 0, 32].amax(1) - first[:, 0, 32].amin(1)
    assert (spans > 0.6).all()
    rising = first[:, 0, 32, -1] > first[:, 0, 32, 0]
    assert 0 < int(rising.sum()) < 8  # some are mirrored


def test_rare_labels_weigh_more() -> None:
    targets = torch.zeros(100, 2, dtype=torch.long)
    targets[:5, 0], targets[:50, 1] = 1, 1
    assert balancing_weights(targets, exclusive=False).tolist() == [19.0, 1.0]


def test_the_loss_is_binary_or_over_classes(vision: str) -> None:
    class Fixed(torch.nn.Module):
        config = type("Config", (), {"num_labels": 2})

        def forward(self, pixel_values: torch.Tensor) -> Any:
            return type("Output", (), {"logits": torch.tensor([[2.0, 0.0]])})

    processor = SiglipImageProcessor()
    pixels, labels = torch.zeros(1, 3, 4, 4, dtype=torch.uint8), torch.tensor([[1, 0]])
    several = Classifier(Fixed(), processor, exclusive=False).eval()(pixels, labels)["loss"]
    one = Classifier(Fixed(), processor, exclusive=True).eval()(pixels, labels)["loss"]
    assert float(several) == pytest.approx((np.log1p(np.exp(-2)) + np.log(2)) / 2, rel=1e-5)
    assert float(one) == pytest.approx(np.log1p(np.exp(-2)), rel=1e-5)


def test_checkpoints_say_the_best(small: Path, vision: str, tmp_path: Path) -> None:
    run(small, vision, tmp_path / "run", epochs=2)
    states = (tmp_path / "run" / "checkpoints").glob("*/trainer_state.json")
    last = json.loads(max(states, key=lambda path: path.stat().st_mtime).read_text())
    assert last["best_metric"] > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("method", ["full", "lora"])
def test_two_processes_train_as_one(vision: str, tmp_path: Path, method: str) -> None:
    """The same sixteen pictures a step, in one process or eight each in two: the same losses."""
    data = draw_domain(tmp_path / "data", 240, side=64, flaws=Flaws(0, 0, 0, 0))

    def losses(launcher: list[str], out: str, batch: int) -> list[float]:
        command = [
            sys.executable, "-m", *launcher, "mm_agent.cli.main", "finetune", "classify", str(data),
            "--out", out, "--vision", vision, "--method", method, "--device", "cpu", "--epochs", "1",
            "--batch-size", str(batch), "--rate", "1e-3", "--no-augment",
        ]  # fmt: skip
        environment = spawn_environment() | {"OMP_NUM_THREADS": "1"}
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.count("head") == 1  # only one process speaks
        (state,) = (tmp_path / out / "checkpoints").glob("*/trainer_state.json")
        return [row["loss"] for row in json.loads(state.read_text())["log_history"] if "loss" in row]

    port = 29500 + os.getpid() % 400
    torchrun = ["torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(port), "-m"]
    one, two = losses([], "one", 16), losses(torchrun, "two", 8)
    assert len(one) >= 2
    assert one == pytest.approx(two, rel=1e-3)
