"""The fingerprint moves with anything that moves the vectors, and with nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mm_agent.vision import SiglipEncoder
from mm_agent.vision import fingerprint as module


def _fingerprint(folder: Path, **options: str) -> str:
    return SiglipEncoder.from_pretrained(folder, device="cpu", **options).fingerprint  # pyright: ignore


@pytest.fixture
def copy(siglip_dir: Path, tmp_path: Path) -> Path:
    """The session's SigLIP 1 in another place."""
    return Path(shutil.copytree(siglip_dir, tmp_path / "copy"))


def test_place_number_type_and_kernel_do_not_matter(siglip_dir: Path, copy: Path) -> None:
    first = _fingerprint(siglip_dir)
    assert len(first) == 16
    assert _fingerprint(copy, dtype="bf16", attn="eager") == first


def test_weights_matter(siglip_dir: Path, copy: Path) -> None:
    weights = load_file(copy / "model.safetensors")
    weights["logit_bias"] += torch.ones(1)
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    assert _fingerprint(copy) != _fingerprint(siglip_dir)


def test_preprocessing_matters(siglip_dir: Path, copy: Path) -> None:
    path = copy / "preprocessor_config.json"
    path.write_text(path.read_text().replace('"resample": 3', '"resample": 2'))
    assert _fingerprint(copy) != _fingerprint(siglip_dir)


def test_tokenizer_matters(siglip_dir: Path, copy: Path) -> None:
    from tests.vision import builders

    builders.sentencepiece_tokenizer(copy, pieces=60)
    assert _fingerprint(copy) != _fingerprint(siglip_dir)


def test_a_file_is_hashed_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    first = module.file_hash(path)
    before = module._file_hash.cache_info().misses
    assert module.file_hash(path) == first
    assert module._file_hash.cache_info().misses == before
    path.write_bytes(b"other")
    assert module.file_hash(path) != first
