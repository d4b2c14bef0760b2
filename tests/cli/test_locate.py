"""``mm-agent locate``."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import ROOT, Run, document

APPLES = str(ROOT / "examples" / "three-apples.png")


@pytest.mark.parametrize("method", ["windows", "legrad"])
def test_places_are_named_and_drawn(run: Run, method: str) -> None:
    drawn_to = ("-o", "found.png", "--json", "--vision", "demo")
    result = run("locate", APPLES, "--query", "apple", "--method", method, *drawn_to)
    assert result.exit_code == 0, result.stderr
    found = document(result)
    assert found["method"] == method
    place = found["places"][0]
    left, top, right, bottom = place["box"]
    assert left < place["peak"][0] < right
    assert top < place["peak"][1] < bottom
    assert place["handle"] == f"img-1@{left},{top},{right},{bottom}"
    assert place["score"] > 0.5
    with Image.open("found.png") as drawn:
        assert drawn.width == 448
        assert drawn.height > 448  # the scale below


def test_the_answer_speaks_the_query_s_language(run: Run) -> None:
    result = run("locate", APPLES, "--query", "苹果", "--vision", "demo")
    assert result.exit_code == 0, result.stderr
    assert "像素" not in result.stdout
    assert any(word in result.stdout for word in ("左", "右", "中"))


def test_what_is_not_there_is_said_to_be_missing(run: Run) -> None:
    result = run("locate", APPLES, "--query", "elephant", "--vision", "demo")
    assert result.exit_code == 0
    assert result.stdout == f"'elephant' is not in {APPLES}\n"


def test_a_failed_call_leaves_the_old_file_alone(run: Run) -> None:
    Path("found.png").write_bytes(b"old")
    assert run("locate", "broken.png", "--query", "cat", "-o", "found.png").exit_code == 1
    assert Path("found.png").read_bytes() == b"old"
