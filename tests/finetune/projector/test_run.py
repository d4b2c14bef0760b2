from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from mm_agent.errors import FinetuneError, ProjectorError
from mm_agent.finetune.projector import frozen, run
from mm_agent.finetune.projector.model import peft_warnings
from mm_agent.finetune.projector.rules import Rules
from mm_agent.finetune.projector.run import train_projector
from mm_agent.finetune.training import Progress
from mm_agent.projection.soft import Projector, language_model_fingerprint
from mm_agent.vision import SiglipEncoder
from tests.cli.conftest import spawn_environment

MakeRules = Callable[..., Rules]


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "projector.safetensors")


def test_a_projector_learns_and_its_folder_says_how(
    rules: MakeRules, tmp_path: Path, language_model: Path
) -> None:
    lines: list[str] = []
    folder = train_projector(
        rules(epochs=12, rate=1e-2, held_out=2), tmp_path / "run", device="cpu", say=lines.append
    )
    assert sorted(os.listdir(folder)) == [
        "README.md", "curves.json", "curves.png", "projector.json", "projector.safetensors",
    ]  # fmt: skip
    encoder = SiglipEncoder.from_pretrained("demo", device="cpu")
    known = language_model_fingerprint(language_model)
    projector = Projector.from_pretrained(folder, encoder=encoder.fingerprint, language_model=known)
    assert projector.config.tokens == 4
    curves = json.loads((folder / "curves.json").read_text())
    losses = [value for _, value in curves["loss"]]
    assert losses[-1] < 0.95 * losses[0]  # a frozen model of random weights follows only so far
    assert len(curves["held-out loss"]) == 12
    card = (folder / "README.md").read_text()
    assert known in card
    assert "4 examples" not in card
    assert "6 examples, 0 left out" in card
    assert any(line.startswith("step 20 of 24: loss") for line in lines)
    assert train_projector(rules(epochs=12, rate=1e-2, held_out=2), tmp_path / "run") == folder  # at once


def test_the_language_model_stays_as_it_was(rules: MakeRules, tmp_path: Path, language_model: Path) -> None:
    before = language_model_fingerprint(language_model)
    train_projector(rules(), tmp_path / "run", device="cpu")
    assert language_model_fingerprint(language_model) == before
    kept = load_file(next((tmp_path / "run" / "checkpoints").glob("*/trainable.safetensors")))
    assert all(name.startswith("projector.") for name in kept)


def test_a_killed_run_ends_with_the_same_weights(
    rules: MakeRules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at step 7 of 9, after the checkpoint of step 6; another checkpoint was only half written."""
    through = weights_of(train_projector(rules(epochs=3), tmp_path / "through", device="cpu"))

    class Killed(Exception):
        pass

    def until_seven(line: str) -> None:
        if line.startswith("step 7"):
            raise Killed

    plain = run.arguments_for

    def every_step(*args: object, **options: object) -> object:
        made = plain(*args, **options)  # pyright: ignore
        made.logging_steps = 1
        return made

    monkeypatch.setattr(run, "arguments_for", every_step)
    with pytest.raises(Killed):
        train_projector(rules(epochs=3), tmp_path / "killed", device="cpu", say=until_seven)
    checkpoints = tmp_path / "killed" / "checkpoints"
    assert sorted(path.name for path in checkpoints.iterdir()) == ["checkpoint-4", "checkpoint-6"]
    (checkpoints / "checkpoint-8").mkdir()
    (checkpoints / "checkpoint-8" / "trainable.safetensors").write_bytes(b"half")
    assert not (tmp_path / "killed" / "projector").exists()

    lines: list[str] = []
    again = weights_of(train_projector(rules(epochs=3), tmp_path / "killed", device="cpu", say=lines.append))
    assert "going on from checkpoint-6" in lines
    assert not any("new pictures" in line for line in lines)
    for name, weight in through.items():
        torch.testing.assert_close(again[name], weight, atol=0, rtol=0)


def test_a_full_disk_ends_the_run_in_one_line_and_it_goes_on_later(
    rules: MakeRules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of files stands for the disk: writing fails in the middle, as on a full one."""
    through = weights_of(train_projector(rules(epochs=2), tmp_path / "through", device="cpu"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def full_after_the_first(args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))

    made = rules(epochs=2)
    try:
        with monkeypatch.context() as full:
            full.setattr(Progress, "on_step_end", staticmethod(full_after_the_first))
            with pytest.raises(FinetuneError, match="no checkpoint can be written") as caught:
                train_projector(made, tmp_path / "run", device="cpu")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run" / "projector").exists()
    lines: list[str] = []
    again = weights_of(train_projector(made, tmp_path / "run", device="cpu", say=lines.append))
    assert "going on from checkpoint-2" in lines
    for name, weight in through.items():
        torch.testing.assert_close(again[name], weight, atol=0, rtol=0)


def test_every_picture_is_looked_at_once(
    rules: MakeRules, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.write_text(data.read_text() + "\n" + data.read_text())  # every picture twice
    looked: list[int] = []
    plain = frozen.picture_features
    monkeypatch.setattr(
        frozen, "picture_features", lambda e, p, c: (looked.append(len(p)), plain(e, p, c))[1]
    )
    train_projector(rules(epochs=2), tmp_path / "run", device="cpu")
    assert looked == [6]


def test_lora_lies_beside_the_projector_and_changes_answers(
    rules: MakeRules, tmp_path: Path, language_model: Path
) -> None:
    first = train_projector(rules(), tmp_path / "one", device="cpu")
    second = train_projector(
        rules(train="lora", rank=4, rate=1e-2, start=first, checkpointing=True),
        tmp_path / "two",
        device="cpu",
    )
    known = language_model_fingerprint(language_model)
    projector = Projector.from_pretrained(second, language_model=known)
    assert projector.fingerprint() != Projector.from_pretrained(first).fingerprint()
    plain = AutoModelForCausalLM.from_pretrained(language_model).eval()
    tokens = torch.arange(5)[None]
    before = plain(tokens).logits
    with peft_warnings():
        adapted = PeftModel.from_pretrained(plain, str(second / "adapter")).merge_and_unload().eval()
    assert (adapted(tokens).logits - before).abs().max() > 1e-3
    texts = [file.read_text() for file in (second / "adapter").iterdir() if file.suffix in (".md", ".json")]
    assert texts
    assert not any(str(language_model.parent) in text for text in texts)
    with pytest.raises(FinetuneError, match="trained with an adapter already"):
        train_projector(rules(start=second), tmp_path / "three", device="cpu")


def test_a_whole_model_is_saved_and_named_by_its_projector(
    rules: MakeRules, tmp_path: Path, language_model: Path
) -> None:
    folder = train_projector(rules(train="all", rate=1e-3, bf16=True), tmp_path / "run", device="cpu")
    projector = Projector.from_pretrained(
        folder, language_model=language_model_fingerprint(folder / "language_model")
    )
    with pytest.raises(ProjectorError, match="but this language model is"):
        Projector.from_pretrained(folder, language_model=language_model_fingerprint(language_model))
    learnt = AutoModelForCausalLM.from_pretrained(folder / "language_model")
    before = AutoModelForCausalLM.from_pretrained(language_model)
    assert projector.config.text_width == learnt.config.hidden_size
    assert not torch.equal(learnt.lm_head.weight, before.lm_head.weight)


def test_checkpointed_activations_give_the_same_weights(rules: MakeRules, tmp_path: Path) -> None:
    plain = weights_of(train_projector(rules(), tmp_path / "plain", device="cpu"))
    saving = weights_of(train_projector(rules(checkpointing=True), tmp_path / "saving", device="cpu"))
    for name, weight in plain.items():
        torch.testing.assert_close(saving[name], weight, atol=1e-6, rtol=1e-4)


def test_bad_pictures_are_listed_and_too_many_stop_the_run(
    rules: MakeRules, tmp_path: Path, data: Path
) -> None:
    (data.parent / "pictures" / "red.png").unlink()
    (data.parent / "pictures" / "blue.png").write_bytes(b"damaged")
    with pytest.raises(FinetuneError, match="2 of 6 examples cannot be used, more than 2%"):
        train_projector(rules(), tmp_path / "run", device="cpu")
    listed = (tmp_path / "run" / "left-out.txt").read_text().splitlines()
    assert [line.split(":")[0] for line in listed] == ["colours.jsonl, line 1", "colours.jsonl, line 3"]
    assert "red.png" in listed[0]
    folder = train_projector(rules(bad_share=0.5), tmp_path / "run", device="cpu")  # as the message says
    assert "4 examples, 2 left out" in (folder / "README.md").read_text()


def test_examples_that_are_too_long_are_listed(rules: MakeRules, tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="too many for --longest"):
        train_projector(rules(longest=10, bad_share=0.5), tmp_path / "run", device="cpu")


def test_the_folder_is_checked_before_anything_is_loaded(rules: MakeRules, tmp_path: Path) -> None:
    nothing = rules(language_model="/nowhere", vision="/nowhere")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FinetuneError, match="is a file"):
        train_projector(nothing, tmp_path / "file")
    with pytest.raises(FinetuneError, match="holds data, which is of no run"):
        train_projector(nothing, tmp_path)
    with pytest.raises(FinetuneError, match="choose another"):
        train_projector(nothing, tmp_path / "file" / "below")


def test_other_settings_need_another_folder(rules: MakeRules, tmp_path: Path) -> None:
    train_projector(rules(), tmp_path / "run", device="cpu")
    with pytest.raises(FinetuneError, match=r"other settings \(seed 0 there, 1 here\)"):
        train_projector(rules(seed=1), tmp_path / "run", device="cpu")


def test_a_loss_that_is_no_number_ends_the_run(rules: MakeRules, tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="lower --rate"):
        train_projector(rules(rate=1e38, epochs=20, bf16=True, kind="linear"), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run" / "projector").exists()


def test_rules_that_make_no_sense_are_named(rules: MakeRules) -> None:
    with pytest.raises(FinetuneError, match=r"batch_size is 0: "):
        rules(batch_size=0)


@pytest.mark.slow
@pytest.mark.parametrize("train", ["projector", "lora"])
def test_a_run_killed_outright_ends_with_the_same_weights(
    rules: MakeRules, tmp_path: Path, train: str
) -> None:
    made = rules(epochs=8, train=train, rank=4)  # 24 steps, of which a few are done when it is killed
    through = train_projector(made, tmp_path / "through", device="cpu")
    (tmp_path / "rules.json").write_text(made.model_dump_json())
    script = (
        "from pathlib import Path; from mm_agent.finetune.projector.rules import Rules; "
        "from mm_agent.finetune.projector.run import train_projector; "
        f"rules = Rules.model_validate_json(Path({str(tmp_path / 'rules.json')!r}).read_text()); "
        f"train_projector(rules, Path({str(tmp_path / 'killed')!r}), device='cpu')"
    )
    running = subprocess.Popen([sys.executable, "-c", script], env=spawn_environment())
    checkpoints = tmp_path / "killed" / "checkpoints"
    while not any(checkpoints.glob("checkpoint-*/trainer_state.json")):
        assert running.poll() is None, "it ended before it could be killed"
        sleep(0.01)
    running.kill()
    running.wait()
    assert not (tmp_path / "killed" / "projector").exists()
    lines: list[str] = []
    again = train_projector(made, tmp_path / "killed", device="cpu", say=lines.append)
    assert any(line.startswith("going on from checkpoint-") for line in lines)
    names = ["projector.safetensors", *(["adapter/adapter_model.safetensors"] if train == "lora" else [])]
    for name in names:
        for key, weight in load_file(through / name).items():
            torch.testing.assert_close(load_file(again / name)[key], weight, atol=0, rtol=0)
