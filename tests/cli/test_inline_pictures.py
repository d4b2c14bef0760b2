"""Pictures inside the terminal: who gets which protocol, the exact sequences, and who gets none."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import pty
import re
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from mm_agent.agent.answer import ToolFinished, ToolUse
from mm_agent.cli.inline_pictures import LONGEST_SIDE, Protocol, encode, protocol_of
from mm_agent.cli.transcript import Transcript
from mm_agent.media import MediaStore
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "mlterm-256color"}, "sixel"),
        ({"TERM": "yaft-sixel"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "xterm-kitty", "TMUX": "/run/tmux,1,0"}, None),
        ({"TERM": "screen-256color", "TERM_PROGRAM": "iTerm.app"}, None),
        ({"TERM": "dumb", "KITTY_WINDOW_ID": "1"}, None),
        ({}, None),
    ],
)
def test_what_a_terminal_says_of_itself(environment: dict[str, str], protocol: Protocol | None) -> None:
    assert protocol_of(environment) == protocol


def scene(side: int = 200) -> Image.Image:
    """Four quarters of one colour each, and noise along an edge that compression cannot hide."""
    picture = np.zeros((side, side, 3), np.uint8)
    half = side // 2
    picture[:half, :half], picture[:half, half:] = (255, 0, 0), (0, 255, 0)
    picture[half:, :half], picture[half:, half:] = (0, 0, 255), (255, 255, 255)
    picture[:, side - side // 4 :] = np.random.default_rng(0).integers(0, 255, (side, side // 4, 3))
    return Image.fromarray(picture)


def test_kitty_gets_chunks_of_4096_letters() -> None:
    sent = encode(scene(), "kitty")
    chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sent)
    assert "".join(f"\x1b_G{head};{data}\x1b\\" for head, data in chunks) == sent
    heads, data = zip(*chunks, strict=True)
    assert len(heads) > 2
    assert heads == ("a=T,f=100,q=2,m=1", *["m=1"] * (len(heads) - 2), "m=0")
    assert {len(each) for each in data[:-1]} == {4096}
    assert len(data[-1]) <= 4096
    assert shown(base64.b64decode("".join(data))) == scene().tobytes()


def test_iterm2_is_told_the_size() -> None:
    sent = encode(scene(), "iterm2")
    found = re.fullmatch(r"\x1b\]1337;File=inline=1;size=(\d+):([A-Za-z0-9+/=]+)\x07", sent)
    assert found
    png = base64.b64decode(found[2])
    assert int(found[1]) == len(png)
    assert shown(png) == scene().tobytes()


def shown(png: bytes) -> bytes:
    return Image.open(io.BytesIO(png)).convert("RGB").tobytes()


def test_sixel_comes_back_as_the_same_pixels() -> None:
    flat = scene(50).quantize(16).convert("RGB")
    seen = np.asarray(from_sixel(encode(flat, "sixel"))).astype(int)
    assert seen.shape == (50, 50, 3)
    assert np.abs(seen - np.asarray(flat).astype(int)).max() <= 2  # a colour is told in percent


def from_sixel(sent: str) -> Image.Image:
    """Decode sixel as DEC's manual has it: raster attributes, colours in percent, bands of six rows."""
    found = re.fullmatch(r'\x1bPq"1;1;(\d+);(\d+)(.*)\x1b\\', sent, re.DOTALL)
    assert found
    width, height, body = int(found[1]), int(found[2]), found[3]
    pixels = np.zeros((height + 5, width, 3), np.uint8)
    colours: dict[int, list[int]] = {}
    top = column = now = 0
    for number, colour, mark, letter in re.findall(r"#(\d+)((?:;\d+){4})?|([$-])|([?-~])", body):
        if number:
            now = int(number)
            if colour:
                kind, *rgb = map(int, colour[1:].split(";"))
                assert kind == 2
                colours[now] = [round(part * 255 / 100) for part in rgb]
        elif mark:
            top, column = (top + 6, 0) if mark == "-" else (top, 0)
        else:
            for bit in range(6):
                if (ord(letter) - 63) >> bit & 1:
                    pixels[top + bit, column] = colours[now]
            column += 1
    return Image.fromarray(pixels[:height])


@pytest.mark.parametrize("protocol", ["kitty", "iterm2"])
def test_a_large_picture_is_scaled_down(protocol: Protocol) -> None:
    sent = encode(Image.new("RGB", (4000, 1000), "red"), protocol)
    data = re.sub(r"\x1b_G[^;]*;|\x1b\\|\x1b\].*:|\x07", "", sent)
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (LONGEST_SIDE, LONGEST_SIDE // 4)


def drawn(console: Console, folder: Path) -> None:
    """A transcript of one tool call that drew a heat map."""
    store = MediaStore(artifact_dir=folder)
    path = folder / "heatmap.png"
    scene(40).save(path)
    use = ToolUse("locate", {}, "found", {"kind": "locations", "heatmap_path": str(path)}, 0.1)
    Transcript(console, store=store)(ToolFinished("1", use))


@pytest.mark.parametrize(("term", "begins"), [("xterm-kitty", "\x1b_G"), ("foot", "\x1bPq"), ("xterm", "/")])
def test_a_terminal_gets_the_picture_or_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, term: str, begins: str
) -> None:
    for name in ("TMUX", "KITTY_WINDOW_ID", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", term)
    near, far = pty.openpty()
    seen: list[bytes] = []
    reader = Thread(target=lambda: read_all(near, seen))
    reader.start()
    with os.fdopen(far, "w", encoding="utf-8") as file:
        drawn(Console(file=file, highlight=False, soft_wrap=True), tmp_path)
    reader.join()
    os.close(near)
    text = b"".join(seen).decode()
    assert (begins if begins != "/" else "heatmap.png") in text
    assert ("\x1b_G" in text or "\x1bPq" in text) == (begins != "/")


def read_all(terminal: int, seen: list[bytes]) -> None:
    """Read what a program writes to its terminal until that is closed."""
    with contextlib.suppress(OSError):
        while data := os.read(terminal, 65536):
            seen.append(data)


def test_a_file_gets_neither_even_when_colour_is_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = tmp_path / "out.txt"
    with out.open("w", encoding="utf-8") as file:
        drawn(Console(file=file), tmp_path)
    text = out.read_text(encoding="utf-8")
    assert "found" in text
    assert "\x1b_G" not in text
    assert "heatmap.png" not in text


def test_json_holds_no_control_sequence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = run("chat", "red.png", "-q", "Where is the cat?", "--json")
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
