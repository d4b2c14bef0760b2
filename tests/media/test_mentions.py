"""Pictures that an artifact of any tool refers to."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from mm_agent.errors import MediaNotFound
from mm_agent.media import MediaStore
from mm_agent.media.mentions import mention_name, mentioned_pictures, open_mention, saved_pictures


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    store = MediaStore(artifact_dir=tmp_path / "artifacts")
    store.add(Image.new("RGB", (40, 30), "red"))
    return store


def test_saved_files_come_first_then_handles_each_once(store: MediaStore) -> None:
    saved = str(store.save_artifact(Image.new("RGB", (8, 6), "blue"), "heatmap-img-1"))
    artifact = {
        "handle": "img-1",
        "regions": [{"handle": "img-1@0,0,8,6", "score": 0.5}, {"handle": "img-1@0,0,8,6"}],
        "frames": ({"handle": "vid-1@2.5s"}, {"handle": "vid-1"}),
        "labels": ["cat", "img-1 is red", ""],
        "heatmap_path": saved,
        "count": 3,
        "notice": None,
    }
    assert mentioned_pictures(artifact, store) == [saved, "img-1", "img-1@0,0,8,6", "vid-1@2.5s"]
    assert saved_pictures(artifact, store) == [saved]
    assert mentioned_pictures(None, store) == []


def test_only_files_of_the_artifact_folder_count(store: MediaStore, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (8, 6)).save(secret)
    link = store.artifact_dir / "link.png"
    link.symlink_to(secret)
    sly = f"{store.artifact_dir}/../secret.png"
    for text in (str(secret), str(link), sly, str(store.artifact_dir / "absent.png"), "\0.png", "a.png"):
        assert mentioned_pictures({"path": text}, store) == [], text


def test_opening_and_naming(store: MediaStore) -> None:
    saved = str(store.save_artifact(Image.new("RGB", (8, 6), "blue"), "heatmap-img-1"))
    assert open_mention(store, saved).getpixel((0, 0)) == (0, 0, 255)
    assert open_mention(store, "img-1@0,0,8,6").size == (8, 6)
    assert mention_name(saved) == "heatmap-img-1.png"
    assert mention_name("img-1@0,0,8,6") == "img-1@0,0,8,6"
    Path(saved).unlink()
    with pytest.raises(MediaNotFound, match=r"the saved picture heatmap-img-1\.png is no longer there"):
        open_mention(store, saved)
