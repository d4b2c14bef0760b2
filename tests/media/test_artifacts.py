import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mm_agent.errors import MediaError
from mm_agent.media.artifacts import ArtifactFolder, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("heat.png", "heat.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/", "artifact"),
        ("", "artifact"),
        ("...", "artifact"),
        (".hidden", "hidden"),
        ("img-1@40,60,220,300 cat.png", "img-1@40,60,220,300-cat.png"),
        ("猫 的图.png", "猫-的图.png"),
        ("a\0b\n$(x);.png", "a-b-(x)-.png"),
        ("x" * 500 + ".png", "x" * 48 + ".png"),
    ],
)
def test_any_text_becomes_a_harmless_name(name: str, safe: str):
    assert safe_name(name) == safe


def test_a_name_taken_by_other_content_gets_a_number(tmp_path: Path):
    folder = ArtifactFolder(tmp_path / "new")
    paths = [folder.save("heat.png", data) for data in (b"one", b"two", b"one", b"two")]
    assert [path.name for path in paths] == ["heat.png", "heat-2.png", "heat.png", "heat-2.png"]
    assert paths[0].read_bytes() == b"one"


def test_many_threads_lose_nothing(tmp_path: Path):
    folder = ArtifactFolder(tmp_path)
    contents = [str(number).encode() for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda data: folder.save("same.bin", data), contents))
    assert [path.read_bytes() for path in paths] == contents


def test_the_temporary_folder_is_made_on_first_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = ArtifactFolder(None)
    assert list(tmp_path.iterdir()) == []
    assert folder.path == folder.path
    assert folder.path.parent == tmp_path


def test_an_impossible_folder(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MediaError, match="artifact folder"):
        ArtifactFolder(tmp_path / "file" / "inner").save("a.png", b"")
