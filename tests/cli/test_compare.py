"""``mm-agent compare``."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import ROOT, Run, document
from tests.vision import builders

APPLES, ROBOT = (str(ROOT / "examples" / name) for name in ("three-apples.png", "robot.png"))


def test_two_pictures_and_what_only_one_shows(run: Run) -> None:
    result = run("compare", APPLES, ROBOT, "-o", "both.webp", "--json", "--vision", "demo")
    assert result.exit_code == 0, result.stderr
    found = document(result)
    assert found["first"]["only"][0]["label"] == "apple"
    assert found["second"]["only"][0]["label"] == "robot"
    assert found["same"] is False
    assert found["similarity"] < 0.8
    place = found["second"]["places"][0]
    assert place["handle"] == "img-2@" + ",".join(map(str, place["box"]))
    with Image.open("both.webp") as drawn:
        assert drawn.format == "WEBP"
        assert drawn.width > 2 * 448


def test_the_text_names_the_files_and_the_language_s_tags(run: Run) -> None:
    result = run("compare", APPLES, ROBOT, "--language", "zh", "--vision", "demo")
    assert result.stdout.startswith("similarity 0.")
    assert f"only {APPLES}: 苹果 " in result.stdout
    assert f"unmatched in {ROBOT}: pixels " in result.stdout


def test_the_same_picture_twice(run: Run) -> None:
    result = run("compare", "red.png", "red.png")
    assert result.stdout == "the same picture, pixel for pixel\n"


def test_a_bad_picture_is_one_line(run: Run) -> None:
    Path("both.png").write_bytes(b"old")
    result = run("compare", "red.png", "broken.png", "-o", "both.png")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert Path("both.png").read_bytes() == b"old"


def test_a_clip_draws_no_map(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    clip = str(builders.clip(tmp_path_factory.mktemp("clip") / "clip"))
    found = document(run("compare", "red.png", "green.png", "--json", "--vision", clip))
    assert found["first"]["places"] is None
    refused = run("compare", "red.png", "green.png", "-o", "both.png", "--vision", clip)
    assert refused.exit_code == 1
    assert "cannot say where pictures differ" in refused.stderr
