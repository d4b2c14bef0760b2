"""Pictures inside the terminal, where it can: the protocols of kitty and iTerm2, and sixel."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from PIL import Image

from mm_agent.cli.asking_terminal import ask_terminal

Protocol = Literal["kitty", "iterm2", "sixel"]
LONGEST_SIDE = 480
"""Pixels; a larger picture is scaled down before it is sent to the terminal."""
_COLOURS = 64
_KITTY_CHUNK = 4096
QUERY = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
"""Kitty's question for its graphics protocol, then DA1, which every terminal answers; 4 in it means sixel."""
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")


def protocol_here() -> Protocol | None:
    """How this program's terminal takes pictures: by its environment, else by asking it, once."""
    if not may_take_pictures(os.environ):
        return None
    return protocol_of(os.environ) or asked_protocol()


@cache
def asked_protocol() -> Protocol | None:
    """What the terminal itself says."""
    return protocol_in(ask_terminal(QUERY, until=_ATTRIBUTES))


def may_take_pictures(environment: Mapping[str, str]) -> bool:
    """Whether it may be asked: no multiplexer, which swallows or garbles pictures, and nothing less able."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    plain = term in ("", "dumb", "linux") or program == "Apple_Terminal"
    return not (plain or environment.get("TMUX") or term.startswith(("screen", "tmux")))


def protocol_in(reply: bytes) -> Protocol | None:
    """What a terminal's reply to ``QUERY`` says."""
    if b"_Gi=31;OK" in reply:
        return "kitty"
    found = _ATTRIBUTES.search(reply)
    return "sixel" if found and b"4" in found[1].split(b";") else None


def protocol_of(environment: Mapping[str, str]) -> Protocol | None:
    """How the terminal takes pictures, by what it says of itself; None: it says nothing of it."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if not may_take_pictures(environment):
        return None
    if environment.get("KITTY_WINDOW_ID") or term == "xterm-kitty" or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm"):
        return "iterm2"
    if "sixel" in term or term.startswith(("foot", "mlterm", "contour")):
        return "sixel"
    return None


def encode(picture: Image.Image, protocol: Protocol) -> str:
    """A picture as the control sequence that shows it, scaled down to ``LONGEST_SIDE``."""
    small = picture.convert("RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if protocol == "sixel":
        return _sixel(small)
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    if protocol == "kitty":
        return _kitty(data)
    return f"\x1b]1337;File=inline=1;size={len(buffer.getvalue())}:{data}\x07"


def _kitty(data: str) -> str:
    """Kitty graphics protocol: chunks of at most 4096 letters, ``m=1`` on all but the last."""
    chunks = [data[start : start + _KITTY_CHUNK] for start in range(0, len(data), _KITTY_CHUNK)]
    heads = ["a=T,f=100,q=2,"] + [""] * (len(chunks) - 1)
    more = [1] * (len(chunks) - 1) + [0]
    return "".join(f"\x1b_G{h}m={m};{c}\x1b\\" for h, m, c in zip(heads, more, chunks, strict=True))


def _sixel(picture: Image.Image) -> str:
    """Sixel graphics (DEC VT340): bands of six rows, each painted once for every colour in it."""
    painted = picture.quantize(_COLOURS)
    palette, (width, height) = painted.getpalette() or [], painted.size
    pixels = painted.tobytes()
    parts = [f'\x1bPq"1;1;{width};{height}']
    for index in range(len(palette) // 3):
        red, green, blue = (round(value * 100 / 255) for value in palette[3 * index : 3 * index + 3])
        parts.append(f"#{index};2;{red};{green};{blue}")
    for top in range(0, height, 6):
        rows = [pixels[row * width : (row + 1) * width] for row in range(top, min(top + 6, height))]
        bands = [f"#{colour}{_band(rows, colour)}" for colour in sorted(set(b"".join(rows)))]
        parts.append("$".join(bands) + "-")
    return "".join(parts) + "\x1b\\"


def _band(rows: list[bytes], colour: int) -> str:
    """One colour's pixels of six rows, a letter a column, the top row in the lowest bit."""
    return "".join(
        chr(63 + sum((row[column] == colour) << bit for bit, row in enumerate(rows)))
        for column in range(len(rows[0]))
    )
