import os
from pathlib import Path

import pytest

from mm_agent.errors import MediaNotFound, MediaRefused
from mm_agent.media.files import open_file, read_whole
from mm_agent.media.policy import MediaPolicy


def read_file(path: Path, policy: MediaPolicy) -> bytes:
    with open_file(path, policy) as file:
        return read_whole(file, path, policy)


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    """A folder that may be read, beside a secret that may not."""
    (tmp_path / "secret.png").write_bytes(b"secret")
    folder = tmp_path / "allowed"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "cat.png").write_bytes(b"cat")
    return folder


def test_anywhere_without_roots(allowed: Path):
    assert read_file(allowed / ".." / "secret.png", MediaPolicy()) == b"secret"


def test_inside_a_root(allowed: Path, monkeypatch: pytest.MonkeyPatch):
    policy = MediaPolicy(roots=(allowed,))
    assert read_file(allowed / "inner" / "cat.png", policy) == b"cat"
    monkeypatch.chdir(allowed)
    assert read_file(Path("inner/../inner/cat.png"), policy) == b"cat"


def test_a_link_that_stays_inside_is_followed(allowed: Path):
    (allowed / "link.png").symlink_to(allowed / "inner" / "cat.png")
    (allowed / "folder").symlink_to(allowed / "inner")
    policy = MediaPolicy(roots=(allowed,))
    assert read_file(allowed / "link.png", policy) == b"cat"
    assert read_file(allowed / "folder" / "cat.png", policy) == b"cat"


@pytest.mark.parametrize("way", ["../secret.png", "link.png", "folder/secret.png", "inner/../../secret.png"])
def test_no_way_out_of_a_root(allowed: Path, way: str):
    (allowed / "link.png").symlink_to(allowed.parent / "secret.png")
    (allowed / "folder").symlink_to(allowed.parent)
    with pytest.raises(MediaRefused, match="outside the folders"):
        read_file(allowed / way, MediaPolicy(roots=(allowed,)))


def test_a_sibling_with_the_same_beginning_is_outside(allowed: Path):
    twin = allowed.with_name("allowed-not")
    twin.mkdir()
    (twin / "cat.png").write_bytes(b"cat")
    with pytest.raises(MediaRefused):
        read_file(twin / "cat.png", MediaPolicy(roots=(allowed,)))


@pytest.mark.parametrize("way", ["inner/cat.png", "inner/link.png"])
def test_a_link_put_there_after_the_check_is_not_followed(
    allowed: Path, way: str, monkeypatch: pytest.MonkeyPatch
):
    """The check sees an innocent path; before the file is opened, a part of it becomes a link outside."""
    outside = allowed.parent / "outside"
    outside.mkdir()
    (outside / "cat.png").write_bytes(b"secret")
    real = (allowed / way).resolve()
    if way == "inner/cat.png":
        (allowed / "inner").rename(allowed / "moved")
        (allowed / "inner").symlink_to(outside)
    else:
        (allowed / "inner" / "link.png").symlink_to(outside / "cat.png")
    monkeypatch.setattr(Path, "resolve", lambda self, strict=False: real)
    policy = MediaPolicy()
    object.__setattr__(policy, "roots", (allowed,))
    with pytest.raises(MediaNotFound):
        read_file(real, policy)


def test_whether_a_file_outside_exists_is_not_told(allowed: Path):
    policy = MediaPolicy(roots=(allowed,))
    messages = set()
    for name in ("secret.png", "absent.png"):
        with pytest.raises(MediaRefused) as caught:
            read_file(allowed.parent / name, policy)
        messages.add(str(caught.value).replace(name, ""))
    assert len(messages) == 1


def test_no_local_files_for_the_untrusted(allowed: Path):
    with pytest.raises(MediaRefused, match="local files are not read here"):
        read_file(allowed / "inner" / "cat.png", MediaPolicy.untrusted())


@pytest.mark.parametrize("name", ["absent.png", "a" * 5000, "nul\0.png"])
def test_no_such_file(tmp_path: Path, name: str):
    with pytest.raises(MediaNotFound) as caught:
        read_file(tmp_path / name, MediaPolicy())
    assert len(str(caught.value)) < 400


def test_a_loop_of_links(tmp_path: Path):
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises(MediaNotFound):
        read_file(tmp_path / "one", MediaPolicy())


def test_a_folder_is_named_as_such(tmp_path: Path):
    for policy in (MediaPolicy(), MediaPolicy(roots=(tmp_path,))):
        with pytest.raises(MediaRefused, match="is a folder"):
            read_file(tmp_path, policy)


def test_a_pipe_does_not_hang(tmp_path: Path):
    """Nobody writes into it: to open it as a file is opened would wait for that without end."""
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(MediaRefused, match="not a regular file"):
        read_file(tmp_path / "pipe.png", MediaPolicy())


def test_the_size_is_checked_before_reading(tmp_path: Path):
    path = tmp_path / "large.png"
    with open(path, "wb") as file:
        file.truncate(2**40)  # sparse: takes no room
    with open_file(path, MediaPolicy()) as file:
        with pytest.raises(MediaRefused, match=r"1048576.0 MiB, the limit is 64.0 MiB"):
            read_whole(file, path, MediaPolicy())
        assert file.tell() == 0


def test_the_limit_itself_is_allowed(tmp_path: Path):
    (tmp_path / "exact.png").write_bytes(bytes(100))
    assert len(read_file(tmp_path / "exact.png", MediaPolicy(max_bytes=100))) == 100
    with pytest.raises(MediaRefused):
        read_file(tmp_path / "exact.png", MediaPolicy(max_bytes=99))
