import os
import threading
from pathlib import Path

import pytest

from mm_agent.errors import MediaError
from mm_agent.media.atomic import atomic_folder, write_atomic


def test_writes_and_replaces_and_makes_folders(tmp_path: Path):
    target = tmp_path / "new" / "folder" / "file.bin"
    write_atomic(target, b"one")
    write_atomic(str(target), b"two")
    assert target.read_bytes() == b"two"
    assert os.listdir(target.parent) == ["file.bin"]


def test_the_permissions_are_those_of_any_new_file(tmp_path: Path):
    write_atomic(tmp_path / "atomic", b"")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mm_agent.media.atomic.os.fsync", full)
    with pytest.raises(MediaError, match="No space left"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file.bin"]


def test_only_a_durable_write_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    waited = []
    monkeypatch.setattr("mm_agent.media.atomic.os.fsync", waited.append)
    write_atomic(tmp_path / "cache", b"x", durable=False)
    assert (tmp_path / "cache").read_bytes() == b"x"
    assert waited == []
    write_atomic(tmp_path / "answer", b"x")
    assert len(waited) == 1


@pytest.mark.parametrize("name", ["file.bin/inner", "n" * 300])
def test_an_impossible_place_is_one_line(tmp_path: Path, name: str):
    (tmp_path / "file.bin").write_bytes(b"")
    with pytest.raises(MediaError, match="cannot write"):
        write_atomic(tmp_path / name, b"x")


def test_a_reader_never_sees_a_part(tmp_path: Path):
    target = tmp_path / "file.bin"
    contents = [bytes([letter]) * 200_000 for letter in b"abcd"]
    write_atomic(target, contents[0])
    writers = [threading.Thread(target=write_atomic, args=(target, content)) for content in contents * 3]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert target.read_bytes() in contents
    for writer in writers:
        writer.join()


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path: Path):
    target = tmp_path / "new" / "folder"
    for content in ("one", "two"):
        with atomic_folder(target) as draft:
            (draft / "sub").mkdir()
            (draft / "sub" / content).write_text(content)
            if content == "one":
                assert not target.exists()
    assert [path.name for path in (target / "sub").iterdir()] == ["two"]
    assert os.listdir(target.parent) == ["folder"]


def test_a_folder_that_fails_leaves_the_old_one_and_no_litter(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("kept")

    def fill() -> None:
        with atomic_folder(tmp_path / "folder") as draft:
            (draft / "half").write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(MediaError, match="No space left"):
        fill()
    assert os.listdir(tmp_path / "folder") == ["old"]
    assert os.listdir(tmp_path) == ["folder"]
