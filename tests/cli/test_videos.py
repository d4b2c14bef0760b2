"""``mm-agent frames``, ``moments`` and ``describe``."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run, document, only_line

VIDEO = str(Path(__file__).parents[2] / "examples" / "changing-scene.mp4")


@pytest.fixture
def demo(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The program with the shipped weights."""
    monkeypatch.setenv("MM_AGENT_VISION", "demo")
    return run


def test_moments_are_told_with_times_and_drawn(demo: Run) -> None:
    result = demo("moments", VIDEO, "--query", "car", "-o", "plot.png")
    assert result.exit_code == 0, result.stderr
    words = only_line(result.stdout).split()
    assert float(words[0]) == pytest.approx(4.0, abs=0.3)
    assert float(words[3]) == pytest.approx(8.0, abs=0.3)
    with Image.open("plot.png") as drawn:
        assert drawn.format == "PNG"
    found = document(demo("moments", VIDEO, "--query", "penguin", "--json"))
    assert found["moments"] == []
    assert found["duration"] == pytest.approx(12.0)
    assert demo("moments", VIDEO, "--query", "penguin").stdout.startswith("'penguin' not found, highest")


@pytest.mark.parametrize("strategy", ["scene", "uniform", "fps"])
def test_frames_are_named_and_put_on_a_sheet(demo: Run, strategy: str) -> None:
    result = demo("frames", VIDEO, "--strategy", strategy, "-n", "5", "-o", "sheet.jpg", "--json")
    found = document(result)
    assert 3 <= len(found["frames"]) <= 5
    assert all(frame["frame"].startswith("vid-1@") for frame in found["frames"])
    assert found["output"] == "sheet.jpg"
    with Image.open("sheet.jpg") as drawn:
        assert drawn.format == "JPEG"


def test_frames_for_a_query_are_where_it_is(demo: Run) -> None:
    found = document(demo("frames", VIDEO, "--strategy", "query", "--query", "apple", "--json"))
    assert all(frame["seconds"] > 7.9 and frame["score"] > 0 for frame in found["frames"])
    assert demo("frames", VIDEO, "--strategy", "query").exit_code == 2


def test_a_video_is_described_in_the_language_asked_for(demo: Run) -> None:
    result = demo("describe", VIDEO, "-o", "timeline.webp")
    assert result.exit_code == 0, result.stderr
    assert "cat" in result.stdout.splitlines()[0]
    assert "(+apple" in result.stdout.splitlines()[-1]
    assert Path("timeline.webp").stat().st_size > 1000
    chinese = document(demo("describe", VIDEO, "--language", "zh", "--json"))
    assert "苹果" in chinese["segments"][-1]["appears"]
    assert chinese["segments"][0]["start"] == 0


@pytest.mark.parametrize("verb", [("moments", "--query", "cat"), ("frames",), ("describe",)])
def test_a_picture_or_a_broken_file_is_refused_before_anything_is_loaded(
    run: Run, verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MM_AGENT_VISION", "/no/such/checkpoint")
    for name, message in (("red.png", "is a picture, not a video"), ("gone.mp4", "gone.mp4")):
        result = run(verb[0], name, *verb[1:], "--json")
        assert result.exit_code == 1
        assert message in document(result)["error"]
