"""Specs to checkpoints: what is found, and what each mistake is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError

from mm_agent.errors import CheckpointError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.checkpoints import ALIASES, DEMO_DIR, resolve_checkpoint
from mm_agent.vision.photo.tower import tower_weights
from tests.vision import builders


@pytest.fixture
def copy(siglip_dir: Path, tmp_path: Path) -> Path:
    """A SigLIP 1 checkpoint that a test may damage."""
    return Path(shutil.copytree(siglip_dir, tmp_path / "copy"))


@pytest.mark.parametrize("family", ["siglip", "siglip2", "naflex", "clip"])
def test_a_folders_family_is_read_from_its_files(family: str, request: pytest.FixtureRequest) -> None:
    checkpoint = resolve_checkpoint(str(request.getfixturevalue(f"{family}_dir")))
    assert checkpoint.family == family
    assert [path.name for path in checkpoint.weights] == ["model.safetensors"]


def test_the_photo_family_has_the_towers_weights_too(photo_dir: Path) -> None:
    checkpoint = resolve_checkpoint(str(photo_dir))
    assert checkpoint.family == "photo"
    assert [path.name for path in checkpoint.weights] == ["model.safetensors", tower_weights().name]


def test_the_card_makes_it_the_demo_family(copy: Path) -> None:
    builders.write_card(copy, family="demo", notice={"en": "x"}, something_new=1)
    assert resolve_checkpoint(str(copy)).family == "demo"


def test_a_card_that_makes_no_sense_is_refused(copy: Path) -> None:
    builders.write_card(copy, presence_threshold=7)
    with pytest.raises(CheckpointError, match=r"mm_agent\.json: presence_threshold: .*less than 1"):
        resolve_checkpoint(str(copy))


def test_demo_is_the_folder_in_the_package() -> None:
    assert Path(*DEMO_DIR.parts[-4:]) == Path("mm_agent/vision/demo/weights")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("siglip3", "no checkpoint 'siglip3': not a folder and not one of photo, demo, siglip-base,"),
        ("./nowhere", "no checkpoint './nowhere'"),
        ("hub:siglip", "'hub:siglip' is not a hub id; write it as hub:owner/name"),
    ],
)
def test_unknown_specs(spec: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        resolve_checkpoint(spec)


def test_a_file_is_not_a_checkpoint(siglip_dir: Path) -> None:
    with pytest.raises(CheckpointError, match="is a file; pass the folder"):
        resolve_checkpoint(str(siglip_dir / "model.safetensors"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", "has no config.json"),
        ("model.safetensors", "has no model.safetensors"),
        ("preprocessor_config.json", "has no image preprocessor"),
        ("spiece.model", "has no tokenizer"),
    ],
)
def test_each_missing_file_is_named(copy: Path, name: str, message: str) -> None:
    (copy / name).unlink()
    with pytest.raises(CheckpointError, match=message):
        resolve_checkpoint(str(copy))


def test_pickled_weights_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(
        CheckpointError, match=r"can run code and are refused; convert them to model\.safetensors"
    ):
        resolve_checkpoint(str(copy))


def test_a_missing_shard_is_named(copy: Path) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    (copy / "model.safetensors").rename(copy / "model-00001-of-00002.safetensors")
    with pytest.raises(CheckpointError, match=r"has no model-00002-of-00002\.safetensors"):
        resolve_checkpoint(str(copy))


def test_a_foreign_family_is_named(copy: Path) -> None:
    (copy / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(
        CheckpointError, match="is a 'bert' checkpoint; this encoder reads siglip, siglip2, photo_siglip and"
    ):
        resolve_checkpoint(str(copy))


def test_damaged_json_and_damaged_weights(copy: Path) -> None:
    (copy / "model.safetensors").write_bytes(b"\x00" * 64)
    with pytest.raises(CheckpointError, match="not a readable safetensors file; fetch it again"):
        SiglipEncoder.from_pretrained(copy)
    (copy / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match="is not readable JSON"):
        resolve_checkpoint(str(copy))


def test_missing_weights_are_not_filled_with_noise(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    del weights["vision_model.head.probe"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lacks 1 weights \(vision_model.head.probe"):
        SiglipEncoder.from_pretrained(copy)


def test_offline_the_error_says_how_to_bring_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(repo: str, local_files_only: bool = False, **_: object) -> str:
        raise LocalEntryNotFoundError(repo) if local_files_only else httpx.ConnectError("no network")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(
        CheckpointError, match="run `hf download google/siglip2-base-patch16-224 --local-dir DIR`"
    ):
        resolve_checkpoint("siglip2-base")


def test_an_unknown_repository_is_not_called_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(repo: str, local_files_only: bool = False, **_: object) -> str:
        if local_files_only:
            raise LocalEntryNotFoundError(repo)
        response: Any = httpx.Response(404, request=httpx.Request("GET", "https://hub.test"))
        raise RepositoryNotFoundError("404", response=response)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unknown)
    with pytest.raises(CheckpointError, match="no public repository 'someone/nothing'"):
        resolve_checkpoint("someone/nothing")


@pytest.mark.parametrize("spec", ["siglip-base", "hub:google/siglip-base-patch16-224"])
def test_a_cached_copy_needs_no_network(spec: str, siglip_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cached(repo: str, local_files_only: bool = False, **_: object) -> str:
        assert local_files_only
        assert repo == ALIASES["siglip-base"]
        return str(siglip_dir)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", cached)
    assert resolve_checkpoint(spec).path == siglip_dir


def test_a_download_asks_for_safetensors_only(siglip_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def download(
        repo: str, local_files_only: bool = False, allow_patterns: Sequence[str] = (), **_: object
    ) -> str:
        if local_files_only:
            raise LocalEntryNotFoundError(repo)
        asked.extend(allow_patterns)
        return str(siglip_dir)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert resolve_checkpoint("google/siglip-base-patch16-224").family == "siglip"
    assert "*.safetensors" in asked
    assert not any(pattern.endswith((".bin", ".py", "*")) for pattern in asked)
