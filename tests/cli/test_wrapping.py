"""Breaking lines between words, whole and as they come: nothing is lost but control characters."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len

from mm_agent.cli.wrapping import Wrapper, columns_of, wrap

ENGLISH = "The dog is at the bottom left of img-2 (locate, img-2@0,224,168,392, 1.00)."
CHINESE = "图里的猫在右中和左中（locate，img-1@224,168,448,280，1.00）。演示权重只认识贴纸，不认识照片；"


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, f"{ENGLISH}\n{CHINESE}\n\n{ENGLISH}"])
@pytest.mark.parametrize("width", [34, 48, 80])
def test_no_line_is_too_long_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width).split("\n")
    assert max(map(cell_len, lines)) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert not any(line[:1] in tuple("，。；）") for line in lines)
    assert sum("img-1@224,168,448,280" in line for line in lines) == text.count("img-1@")  # not cut


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_text_that_comes_in_parts_looks_the_same(size: int) -> None:
    text = f"  - {ENGLISH}\n{CHINESE}\nend"
    wrapper = Wrapper(34)
    parts = [wrapper.feed(text[start : start + size]) for start in range(0, len(text), size)]
    assert "".join(parts) + wrapper.end() == wrap(text, 34)


def test_a_line_that_goes_on_keeps_its_indent() -> None:
    assert wrap("  one two three\nfour five six", 10) == "  one two\n  three\nfour five\nsix"


def test_a_word_longer_than_a_line_stays_whole() -> None:
    assert wrap("see /a/long/path/to/a/file now", 10) == "see\n/a/long/path/to/a/file\nnow"


def test_without_a_width_nothing_is_broken_or_held_back() -> None:
    wrapper = Wrapper(None)
    assert wrapper.feed(CHINESE) == CHINESE
    assert wrapper.end() == ""


@pytest.mark.parametrize("width", [None, 80])
def test_control_characters_go(width: int | None) -> None:
    assert wrap("a\x1b[2Jb\x9b2Jc\rd\x07\x7f\te\nf", width) == "a[2Jb2Jcd\te\nf"


def test_a_file_has_no_columns() -> None:
    assert columns_of(io.StringIO()) is None
