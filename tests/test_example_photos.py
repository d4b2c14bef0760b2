"""The example photographs are credited in NOTICE, small, and carry nothing but pixels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from mm_agent.media.video import open_video

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "photos"
PHOTOS = sorted(FOLDER.glob("*.jpg"))
CLIP = FOLDER / "cockatoo-then-city.mp4"


def test_every_file_is_credited_once_and_nothing_else_is() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    section = notice.partition("\nPhotographs\n")[2]
    credited = re.findall(r"^- ([\w-]+\.(?:jpg|mp4))\b", section, re.MULTILINE)
    assert sorted(credited) == sorted(file.name for file in FOLDER.iterdir())


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.stem)
def test_a_photograph_is_small(photo: Path) -> None:
    assert photo.stat().st_size <= 80 * 1024
    with Image.open(photo) as picture:
        assert max(picture.size) <= 640
        assert not picture.getexif(), "metadata may hold a place or a name"


def test_all_of_them_are_small() -> None:
    assert len(PHOTOS) >= 14
    assert sum(photo.stat().st_size for photo in PHOTOS) <= 1.2 * 2**20


def test_the_clip_is_short() -> None:
    assert CLIP.stat().st_size <= 400 * 1024
    assert open_video(CLIP).info.duration == pytest.approx(6, abs=0.2)
