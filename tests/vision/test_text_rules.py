"""One spelling per meaning, per family, and the padding SigLIP was trained with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mm_agent.errors import VisionError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.text_rules import fill

TEXT = "  A photo of the\tDog's ball, (red)! "


@pytest.mark.parametrize(
    ("family", "canonical"),
    [
        ("siglip", "a photo of the dogs ball red"),
        ("siglip2", "a photo of the dog's ball, (red)!"),
        ("naflex", "a photo of the dog's ball, (red)!"),
        ("clip", "a photo of the dog's ball, (red)!"),
        ("photo", "a photo of the dogs ball red"),
    ],
)
def test_canonical_text(family: str, canonical: str, request: pytest.FixtureRequest) -> None:
    encoder = SiglipEncoder.from_pretrained(request.getfixturevalue(f"{family}_dir"), device="cpu")
    rules = encoder.rules
    assert rules.canonicalise(TEXT) == canonical
    assert rules.canonicalise(canonical) == canonical
    assert rules.canonicalise("图里有\n两只猫") == "图里有 两只猫"


def test_the_photo_family_leaves_out_chinese_punctuation_too(
    photo_encoder: SiglipEncoder, encoder: SiglipEncoder
) -> None:
    text = "“图里”有：两只猫（一黑、一白）。"
    assert photo_encoder.rules.canonicalise(text) == "图里有两只猫一黑一白"
    assert encoder.rules.canonicalise(text) == text


@pytest.mark.parametrize(("family", "length"), [("siglip", 64), ("siglip2", 64), ("photo", 32)])
def test_texts_are_padded_and_cut_to_the_trained_length(
    family: str, length: int, request: pytest.FixtureRequest
) -> None:
    encoder = SiglipEncoder.from_pretrained(request.getfixturevalue(f"{family}_dir"), device="cpu")
    ids = encoder.rules.tokenize(encoder.tokenizer, ["a cat", "a very long text about a cat " * 30])
    assert ids.shape == (2, length)
    pad, end = encoder.tokenizer.pad_token_id, encoder.tokenizer.eos_token_id
    words = int((ids[0] != pad).sum())
    assert 0 < words < 20
    assert (ids[0, words:] == pad).all()
    assert end in ids[0]


def test_a_shorter_text_tower_uses_its_own_length(tmp_path: Path) -> None:
    from tests.vision import builders

    folder = builders.siglip(tmp_path / "short", text_length=24)
    encoder = SiglipEncoder.from_pretrained(folder, device="cpu")
    assert encoder.rules.max_length == 24
    assert encoder.embed_texts("a very long text about a cat " * 30).shape == (64,)


def test_texts_that_differ_in_case_only_have_one_vector(siglip2_dir: Path) -> None:
    encoder = SiglipEncoder.from_pretrained(siglip2_dir, device="cpu", dtype="float32")
    torch.testing.assert_close(encoder.embed_texts("Two CATS"), encoder.embed_texts("two cats"))


def test_templates_take_either_kind_of_place() -> None:
    assert fill("a photo of {label}.", "a {} cat") == "a photo of a {} cat."
    assert fill("a photo of {}.", "cat") == "a photo of cat."
    with pytest.raises(VisionError, match="has no place for the label"):
        fill("a photo", "cat")
