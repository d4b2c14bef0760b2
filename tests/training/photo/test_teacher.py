"""The teacher computes a text once and keeps its vector, also through a stop in the middle of saving."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.training.photo.builders import hashed_vectors
from training.photo.teacher import Encode, Teacher


class Counting:
    """An encoder that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.loaded = 0

    def load(self) -> Encode:
        self.loaded += 1
        return self._encode

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return hashed_vectors(texts)


def test_vectors_are_computed_once_and_read_back(tmp_path: Path) -> None:
    encoder = Counting()
    first = Teacher(tmp_path, encoder.load)
    first.add(["a dog", "狗", "a dog"])
    first.add(["狗"])
    assert (encoder.asked, encoder.loaded) == (["a dog", "狗"], 1)
    assert first.vectors(["狗", "a dog"]) == pytest.approx(hashed_vectors(["狗", "a dog"]), abs=1e-3)
    again = Teacher(tmp_path, encoder.load)
    again.add(["狗", "a cat"])
    assert encoder.asked == ["a dog", "狗", "a cat"]
    assert "a cat" in again
    assert "a bird" not in again
    texts = ["a cat", "a dog"]
    assert again.vectors(texts) == pytest.approx(hashed_vectors(texts), abs=1e-3)


def test_a_stop_between_the_two_files_mixes_nothing_up(tmp_path: Path) -> None:
    encoder = Counting()
    Teacher(tmp_path, encoder.load).add(["a dog"])
    texts = (tmp_path / "texts.txt").read_bytes()
    Teacher(tmp_path, encoder.load).add(["lost"])
    (tmp_path / "texts.txt").write_bytes(texts)
    again = Teacher(tmp_path, encoder.load)
    again.add(["a cat"])
    assert again.vectors(["a cat"]) == pytest.approx(hashed_vectors(["a cat"]), abs=1e-3)


def test_a_sample_spans_all_vectors(tmp_path: Path) -> None:
    teacher = Teacher(tmp_path, lambda: hashed_vectors)
    teacher.add([str(number) for number in range(10)])
    assert teacher.sample(5).shape == (5, 384)
    assert teacher.sample(100).shape == (10, 384)
