"""What ``make demo`` asks."""

from __future__ import annotations

from pathlib import Path

from mm_agent.cli.demo import SCENES
from mm_agent.prompt_files import detect_language


def test_it_asks_about_shipped_files_in_both_languages_photographs_first(root: Path) -> None:
    pictures = [picture for scene in SCENES for picture in scene.pictures]
    assert all((root / "examples" / picture).is_file() for picture in pictures)
    drawn = [not picture.startswith("photos/") for picture in pictures]
    assert drawn == sorted(drawn)
    assert any(drawn)
    assert {detect_language(scene.question) for scene in SCENES} == {"en", "zh"}
