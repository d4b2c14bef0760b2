"""``mm-agent match``."""

from __future__ import annotations

import pytest
from PIL import Image

from mm_agent.vision import SiglipEncoder
from tests.cli.conftest import Run, document

TEXTS = ["a photo of 2 cats", "a photo of 2 hamburgers", "a photo of 2 dogs"]


def test_scores_are_the_encoders_best_first(run: Run, vision: str) -> None:
    found = document(run("match", "red.png", *TEXTS, "--device", "cpu", "--dtype", "float32", "--json"))
    encoder = SiglipEncoder.from_pretrained(vision, device="cpu", dtype="float32")
    expected = dict(
        zip(TEXTS, encoder.score(Image.open("red.png").convert("RGB"), TEXTS)[0].tolist(), strict=True)
    )
    scores = [row["score"] for row in found["texts"]]
    assert {row["text"]: row["score"] for row in found["texts"]} == pytest.approx(expected, abs=1e-5)
    assert scores == sorted(scores, reverse=True)
    assert found["encoder"] == encoder.fingerprint


def test_text_has_a_line_a_sentence(run: Run) -> None:
    result = run("match", "red.png", *TEXTS)
    assert result.exit_code == 0
    assert {line.split("  ")[-1] for line in result.stdout.splitlines()} == set(TEXTS)
