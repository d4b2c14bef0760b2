"""The tokenizer keeps to Chinese words; ids are padded, cut, and left out at random when asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.photo.texts import is_chinese
from training.photo.tokenizer import CachedTokenizer, read_pieces, segmented, train_tokenizer

TEXTS = [
    "草地上的苹果",
    "苹果在草地上",
    "苹果的红色",
    "红色的苹果",
    "a dog on grass",
    "a red apple",
    "apple trees",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(made, TEXTS * 20, words={"草地", "苹果", "红色"}, vocabulary=11_200)
    return made


def test_boundaries_stand_between_the_longest_words() -> None:
    words = {"草地", "草地上", "苹果"}
    assert segmented("在草地上的苹果", words) == "在║草地上║的║苹果"
    assert segmented("a dog", words) == "a dog"
    assert segmented("café", words) == "café"


def test_pieces_keep_to_words_and_few_texts_give_few_pieces(folder: Path) -> None:
    pieces = read_pieces(folder)
    assert pieces[:3] == ["<pad>", "</s>", "<unk>"]
    assert 20 < len(pieces) < 200
    chinese = {piece for piece in pieces if len(piece) > 1 and is_chinese(piece)}
    assert {"苹果", "红色"} <= chinese <= {"苹果", "红色", "草地"}


def test_the_same_texts_give_the_same_tokenizer(folder: Path, tmp_path: Path) -> None:
    train_tokenizer(tmp_path, TEXTS * 20, words={"草地", "苹果", "红色"}, vocabulary=11_200)
    assert (tmp_path / "spiece.model").read_bytes() == (folder / "spiece.model").read_bytes()


def test_ids_are_padded_with_zeros_and_end_with_the_end_token(folder: Path) -> None:
    tokenizer = CachedTokenizer(folder)
    ids = tokenizer(["a dog on grass", "dog", ""])
    lengths = (ids != 0).sum(1).tolist()
    assert ids.shape == (3, max(lengths))
    assert [row[length - 1].item() for row, length in zip(ids, lengths, strict=True)] == [1, 1, 1]
    assert tokenizer(["a dog " * 40]).shape == (1, 32)
    assert len(tokenizer) == len(read_pieces(folder))


def test_tokens_are_left_out_but_never_all(folder: Path) -> None:
    tokenizer, rng = CachedTokenizer(folder), np.random.default_rng(0)
    texts = ["a dog on grass and a red apple"] * 200
    whole = int((tokenizer(texts[:1]) != 0).sum())
    kept = (tokenizer(texts, drop=0.25, rng=rng) != 0).sum(1).double()
    assert kept.mean().item() == pytest.approx(0.75 * whole, rel=0.05)
    assert (tokenizer(texts, drop=0.999, rng=rng) != 0).sum(1).min() >= 1
    short = tokenizer(["dog"])
    assert tokenizer(["dog"], drop=0.999, rng=rng).tolist() == short.tolist() or short.shape[1] > 3
