from __future__ import annotations

import json
import os
import resource
from pathlib import Path

import pytest
import torch

from mm_agent.errors import MediaError, ProjectorError
from mm_agent.projection.soft import Projector, language_model_fingerprint


def test_what_is_saved_comes_back(projector: Projector, tmp_path: Path) -> None:
    projector.save_pretrained(tmp_path / "deep" / "eyes")
    loaded = Projector.from_pretrained(tmp_path / "deep" / "eyes")
    assert loaded.config == projector.config
    assert loaded.fingerprint() == projector.fingerprint()
    assert not loaded.training
    features = torch.randn(2, projector.config.features, projector.config.vision_width)
    torch.testing.assert_close(loaded(features), projector(features))
    record = json.loads((tmp_path / "deep" / "eyes" / "projector.json").read_text())
    assert record["tokens"] == projector.config.tokens
    assert os.listdir(tmp_path / "deep") == ["eyes"]


def test_half_precision_weights_load_as_float32(projector: Projector, tmp_path: Path) -> None:
    projector.half().save_pretrained(tmp_path / "eyes")
    assert next(Projector.from_pretrained(tmp_path / "eyes").parameters()).dtype == torch.float32


def test_the_fingerprint_follows_weights_and_config(projector: Projector) -> None:
    before = projector.fingerprint()
    with torch.no_grad():
        next(projector.parameters()).view(-1)[0] += 1e-3
    assert projector.fingerprint() != before


def test_the_right_encoder_and_language_model_pass(projector: Projector, tmp_path: Path) -> None:
    projector.save_pretrained(tmp_path / "eyes")
    config = projector.config
    Projector.from_pretrained(tmp_path / "eyes", encoder=config.encoder, language_model="words")


def test_the_wrong_encoder_is_named_beside_the_right_one(projector: Projector, tmp_path: Path) -> None:
    projector.save_pretrained(tmp_path / "eyes")
    with pytest.raises(ProjectorError) as caught:
        Projector.from_pretrained(tmp_path / "eyes", encoder="0123")
    assert f"made for the encoder small ({projector.config.encoder}), but this encoder is 0123" in str(
        caught.value
    )


def test_the_wrong_language_model_is_named_beside_the_right_one(projector: Projector, tmp_path: Path) -> None:
    projector.save_pretrained(tmp_path / "eyes")
    with pytest.raises(
        ProjectorError, match="made for the language model words, but this language model is other"
    ):
        Projector.from_pretrained(tmp_path / "eyes", language_model="other")


@pytest.mark.parametrize("missing", ["projector.json", "projector.safetensors"])
def test_a_folder_with_a_file_missing_does_not_load(
    projector: Projector, tmp_path: Path, missing: str
) -> None:
    projector.save_pretrained(tmp_path / "eyes")
    (tmp_path / "eyes" / missing).unlink()
    with pytest.raises(ProjectorError, match=missing):
        Projector.from_pretrained(tmp_path / "eyes")


@pytest.mark.parametrize("name", ["projector.json", "projector.safetensors"])
def test_a_file_cut_short_does_not_load(projector: Projector, tmp_path: Path, name: str) -> None:
    projector.save_pretrained(tmp_path / "eyes")
    path = tmp_path / "eyes" / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ProjectorError, match="again"):
        Projector.from_pretrained(tmp_path / "eyes")


def test_weights_of_one_save_with_the_config_of_another_do_not_load(
    projector: Projector, tmp_path: Path
) -> None:
    projector.save_pretrained(tmp_path / "old")
    with torch.no_grad():
        next(projector.parameters()).zero_()
    projector.save_pretrained(tmp_path / "new")
    os.replace(tmp_path / "new" / "projector.safetensors", tmp_path / "old" / "projector.safetensors")
    with pytest.raises(ProjectorError, match=r"does not belong to the projector.json beside it"):
        Projector.from_pretrained(tmp_path / "old")


def test_weights_that_are_no_numbers_are_not_saved(projector: Projector, tmp_path: Path) -> None:
    projector.save_pretrained(tmp_path / "eyes")
    kept = projector.fingerprint()
    with torch.no_grad():
        next(projector.parameters()).view(-1)[3] = float("nan")
    with pytest.raises(ProjectorError, match=r"not finite.*lower learning rate"):
        projector.save_pretrained(tmp_path / "eyes")
    assert Projector.from_pretrained(tmp_path / "eyes").fingerprint() == kept
    assert os.listdir(tmp_path) == ["eyes"]


def test_a_full_disk_leaves_what_was_there(projector: Projector, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: writing fails in the middle, as on a full one."""
    projector.save_pretrained(tmp_path / "eyes")
    kept = projector.fingerprint()
    with torch.no_grad():
        next(projector.parameters()).zero_()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(MediaError, match=r"cannot write .*eyes: File too large; choose another folder"):
            projector.save_pretrained(tmp_path / "eyes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert Projector.from_pretrained(tmp_path / "eyes").fingerprint() == kept
    assert os.listdir(tmp_path) == ["eyes"]


def test_a_file_is_not_overwritten_by_a_folder(projector: Projector, tmp_path: Path) -> None:
    (tmp_path / "eyes").write_text("mine")
    with pytest.raises(MediaError, match="it is a file"):
        projector.save_pretrained(tmp_path / "eyes")
    assert (tmp_path / "eyes").read_text() == "mine"
    assert os.listdir(tmp_path) == ["eyes"]


def test_a_language_model_is_known_by_weights_and_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(ProjectorError, match="holds no safetensors"):
        language_model_fingerprint(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "tokenizer.json").write_text("{}")
    first = language_model_fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("words about it")
    assert language_model_fingerprint(tmp_path) == first
    (tmp_path / "tokenizer.json").write_text('{"a": 1}')
    second = language_model_fingerprint(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    assert len({first, second, language_model_fingerprint(tmp_path)}) == 3
