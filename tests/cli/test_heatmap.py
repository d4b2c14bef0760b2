"""``mm-agent heatmap``."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run, document


@pytest.mark.parametrize("name", ["heat.png", "heat.jpg", "heat.webp"])
def test_a_picture_is_drawn_in_the_format_its_name_asks_for(run: Run, name: str) -> None:
    result = run("heatmap", "red.png", "--query", "cat", "-o", name, "--json")
    assert result.exit_code == 0, result.stderr
    found = document(result)
    with Image.open(name) as drawn:
        assert drawn.format == {"heat.png": "PNG", "heat.jpg": "JPEG", "heat.webp": "WEBP"}[name]
        assert drawn.width >= 120
    assert found["grid"] == [4, 4]
    assert 0 <= found["score"] <= 1
    assert 0 <= found["peak"][0] < 120
    assert 0 <= found["peak"][1] < 80


def test_a_failed_call_leaves_the_old_file_alone(run: Run) -> None:
    Path("heat.png").write_bytes(b"old")
    assert run("heatmap", "broken.png", "--query", "cat", "-o", "heat.png").exit_code == 1
    assert Path("heat.png").read_bytes() == b"old"
