from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mm_agent.errors import MediaDecodeError, MediaNotFound, MediaRefused
from mm_agent.media.source import (
    BytesSource,
    DataUriSource,
    PathSource,
    PictureSource,
    UrlSource,
    parse_source,
)


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("a/cat.png", PathSource(Path("a/cat.png"))),
        (" cat.png\n", PathSource(Path("cat.png"))),
        (Path("a/cat.png"), PathSource(Path("a/cat.png"))),
        ("file:///tmp/two%20cats.png", PathSource(Path("/tmp/two cats.png"))),
        ("file://localhost/tmp/cat.png", PathSource(Path("/tmp/cat.png"))),
        ("HTTPS://example.org/cat.png?x=1", UrlSource("HTTPS://example.org/cat.png?x=1")),
        ("data:image/png;base64,AAAA", DataUriSource("data:image/png;base64,AAAA")),
        (b"abc", BytesSource(b"abc")),
        (bytearray(b"abc"), BytesSource(b"abc")),
        (memoryview(b"abc"), BytesSource(b"abc")),
    ],
)
def test_kinds(value, source):
    assert parse_source(value) == source


def test_a_tilde_is_the_home_folder():
    assert parse_source("~/cat.png") == PathSource(Path.home() / "cat.png")
    assert parse_source("~nobody-of-that-name/cat.png") == PathSource(Path("~nobody-of-that-name/cat.png"))


@pytest.mark.parametrize("picture", [Image.new("RGB", (2, 2)), np.zeros((2, 2, 3), np.uint8)])
def test_pictures_in_memory(picture):
    source = parse_source(picture)
    assert isinstance(source, PictureSource)
    assert source.picture is picture


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ("", MediaNotFound, "empty"),
        ("  ", MediaNotFound, "empty"),
        ("ftp://example.org/cat.png", MediaRefused, r"ftp: .*use http\(s\)"),
        ("gopher://example.org", MediaRefused, "gopher"),
        ("file://server/share/cat.png", MediaRefused, "another machine"),
        ("file:cat.png", MediaNotFound, "file:///"),
        (["cat.png"], MediaDecodeError, "a list.*numpy array"),
        (None, MediaDecodeError, "NoneType"),
    ],
)
def test_what_is_no_source(value, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        parse_source(value)


def test_names(tmp_path: Path):
    file = tmp_path / "猫.png"
    Image.new("RGB", (2, 2)).save(file)
    with Image.open(file) as opened:
        assert parse_source(opened).name == "猫.png"
    assert parse_source(str(file)).name == "猫.png"
    assert parse_source("https://example.org/a/two%20cats.jpg?key=1").name == "two cats.jpg"
    assert parse_source("https://example.org/").name == "example.org"
    assert parse_source(b"abc").name == "picture"
