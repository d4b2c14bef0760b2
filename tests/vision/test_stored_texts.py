"""Text vectors beside a checkpoint: found by a list's texts and templates, for the encoder that made them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from mm_agent.vision import SiglipEncoder
from mm_agent.vision.card import Language
from mm_agent.vision.stored_texts import FILE, StoredTexts, list_name, write_vocabulary_vectors


@pytest.fixture(scope="module")
def stored(photo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with its vocabulary's vectors."""
    folder = Path(shutil.copytree(photo_dir, tmp_path_factory.mktemp("stored") / "photo"))
    write_vocabulary_vectors(SiglipEncoder.from_pretrained(folder, device="cpu"))
    return folder


def _embed(folder: Path, names: list[str] | None = None) -> tuple[torch.Tensor, int]:
    """Vectors of names, by default the vocabulary's, and how many texts were encoded for them."""
    encoder = SiglipEncoder.from_pretrained(folder, device="cpu")
    rows: list[int] = []
    encoder.model.text_model.register_forward_hook(lambda _m, _a, out: rows.append(len(out[0])))
    names = names or encoder.vocabulary.labels("en")
    return encoder.embed_texts(names, templates=encoder.default_templates("en")), sum(rows)


def test_stored_vectors_are_those_of_the_encoder(stored: Path, photo_dir: Path) -> None:
    names = SiglipEncoder.from_pretrained(stored, device="cpu").vocabulary.labels("en")
    found, encoded = _embed(stored)
    expected, encoded_without = _embed(photo_dir, names)
    assert (encoded, encoded_without) == (0, len(names))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)
    assert len(load_file(stored / FILE)) == 2  # English and Chinese


def test_other_lists_are_encoded(stored: Path) -> None:
    names = SiglipEncoder.from_pretrained(stored, device="cpu").vocabulary.labels("en")
    assert _embed(stored, [*names, "gramophone"])[1] == len(names) + 1


def test_another_encoders_vectors_are_not_taken(stored: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(stored, tmp_path / "other"))
    weights = load_file(other / "model.safetensors")
    weights["text_model.head.bias"] += 1
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    assert _embed(other)[1] > 0


def test_a_damaged_file_counts_as_none(stored: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(stored, tmp_path / "other"))
    (other / FILE).write_bytes(b"damaged")
    assert _embed(other)[1] > 0


def test_a_list_is_named_by_texts_and_templates() -> None:
    assert list_name(["a", "b"], None) == list_name(("a", "b"), None)
    different = [list_name(["a", "b"], None), list_name(["b", "a"], None), list_name(["a", "b"], ["the {}"])]
    assert len(set(different)) == 3


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_shipped_file_has_the_whole_vocabulary(language: Language) -> None:
    encoder = SiglipEncoder.from_pretrained("photo")
    names, templates = encoder.vocabulary.labels(language), encoder.default_templates(language)
    texts = StoredTexts(encoder.checkpoint.path, lambda: encoder.fingerprint)
    stored = texts.get(list_name(names, templates))
    assert stored is not None, "write it again with write_vocabulary_vectors(encoder)"
    fresh = encoder.embed_texts(names[:20], templates=templates)
    assert (F.normalize(stored[:20], dim=-1) * fresh).sum(-1).min() > 0.999
