"""Asking the terminal whether it takes pictures; the tests play the terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time

import pytest

from mm_agent.cli.inline_pictures import may_take_pictures, protocol_in
from tests.cli.conftest import spawn_environment

_PROGRAM = """
import sys, time
from mm_agent.cli.inline_pictures import protocol_here
print("ready", flush=True)
sys.stdin.readline()
if "typing" in sys.argv: time.sleep(1)
print("found", protocol_here(), protocol_here(), "done", flush=True)
print("then", sys.stdin.readline(), flush=True)
"""
_KITTY = b"\x1b_Gi=31;OK\x1b\\\x1b[?62;22c"


def conversation(reply: bytes, *, typed_ahead: bool = False) -> str:
    """What the program and its terminal show when the terminal answers its question with `reply`."""
    master, slave = pty.openpty()
    environment = spawn_environment() | {"TERM": "xterm-256color"}
    for name in ("TMUX", "TERM_PROGRAM", "KITTY_WINDOW_ID"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *(["typing"] if typed_ahead else [])],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(slave)
    seen, end = b"", time.monotonic() + 60
    steps = [(b"ready", b"go\n"), (b"\x1b[c", reply), (b"done\r\n", b"next\n")]
    if typed_ahead:
        steps = [(b"ready", b"go\nnext\n")]
    while process.poll() is None or select.select([master], [], [], 0)[0]:
        assert time.monotonic() < end, seen
        if not select.select([master], [], [], 0.2)[0]:
            continue
        try:
            seen += os.read(master, 4096)
        except OSError:
            break
        if steps and steps[0][0] in seen:
            os.write(master, steps.pop(0)[1])
    process.wait()
    os.close(master)
    return seen.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("reply", "protocol"),
    [(_KITTY, "kitty"), (b"\x1b[?62;4;22c", "sixel"), (b"\x1b[?62;14;22c", "None"), (b"", "None")],
)  # fmt: skip
def test_the_terminal_is_asked_once_and_nothing_of_it_is_left_to_be_read(reply: bytes, protocol: str) -> None:
    seen = conversation(reply)
    assert f"found {protocol} {protocol} done\n" in seen
    assert seen.count("\x1b_Gi=31") == 1
    assert "then next\n" in seen
    assert "[?62" not in seen  # the reply is not echoed


def test_what_was_typed_ahead_is_not_taken() -> None:
    seen = conversation(_KITTY, typed_ahead=True)
    assert "\x1b[c" not in seen
    assert "found None None done\n" in seen
    assert "then next\n" in seen


def test_replies() -> None:
    assert protocol_in(b"\x1b[?4c") == "sixel"
    assert protocol_in(b"\x1b_Gi=31;ENOTSUPPORTED\x1b\\\x1b[?64;1;4c") == "sixel"
    assert protocol_in(b"\x1b[?64;14;40c") is None


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "linux"}, {"TERM": "dumb"}, {}, {"TERM": "tmux-256color"},
        {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"},
        {"TERM": "xterm-256color", "TMUX": "/run/tmux,1,0"},
    ],
)  # fmt: skip
def test_who_is_not_asked(environment: dict[str, str]) -> None:
    assert not may_take_pictures(environment)
