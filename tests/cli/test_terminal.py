"""``mm-agent chat`` at a real pseudo-terminal: line editing, commands, Ctrl-C, a thread taken up again."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.cli.conftest import spawn_environment

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07]*\x07|\r")


class Terminal:
    """A program with a terminal of its own; ``seen`` is all it wrote, without control sequences."""

    def __init__(self, *arguments: str, env: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (40, 100))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mm_agent.cli", *arguments],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=_take_terminal, env=spawn_environment() | {"TERM": "xterm", "COLUMNS": "100"} | env,
        )  # fmt: skip
        os.close(slave)
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait_for(self, text: str, *, seconds: float = 90) -> str:
        """Read until a text has come; what came before it and with it is taken from ``seen``."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"no {text!r} in: {' '.join(self.seen.split())[-800:]}"
            if select.select([self.master], [], [], 1)[0]:
                try:
                    raw = os.read(self.master, 65536).decode("utf-8", "replace")
                except OSError:
                    raise AssertionError(f"ended without {text!r}: {self.seen}") from None
                if "\x1b[6n" in raw:  # where is the cursor?
                    self.type("\x1b[1;1R")
                self.seen += _CONTROL.sub("", raw)
        before, _, self.seen = self.seen.partition(text)
        return before

    def end(self) -> int:
        try:
            return self.process.wait(timeout=60)
        finally:
            self.process.kill()
            os.close(self.master)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Tests in the background of a shell inherit that Ctrl-C is ignored; what a person starts does not.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_a_conversation_at_a_terminal(vision: str, here: Path) -> None:
    env = {"MM_AGENT_VISION": vision}
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes requests, never answers
        port = silent.getsockname()[1]
        terminal = Terminal("chat", "--llm", f"http://127.0.0.1:{port}/v1#m", env=env)
        terminal.wait_for("/help, /quit")
        terminal.wait_for(">")
        terminal.type("/he\t")
        terminal.wait_for("lp")  # only what the completion adds is drawn
        terminal.type("\r")
        terminal.wait_for("/quit")
        terminal.type(f"'{here / 'red.png'}'\r")
        terminal.wait_for("img-1: red.png, 120 × 80")
        terminal.type("How many cats are there?\r")
        silent.settimeout(60)
        connection, _ = silent.accept()
        terminal.type("\x03")
        terminal.wait_for("stopped; ask something else", seconds=20)
        connection.close()
    terminal.type("/model offline\r")
    terminal.wait_for("offline")
    terminal.type("How many cats are there?\r")
    terminal.wait_for("→ count_objects(image='img-1'")
    terminal.wait_for("first word after")
    terminal.type("/save talk.md\r")
    terminal.wait_for("saved as talk.md")
    terminal.wait_for(">")
    terminal.type("\x03")
    terminal.wait_for(">")
    terminal.type("/quit\r")
    terminal.wait_for("to go on: mm-agent chat --thread ")
    assert terminal.end() == 0
    assert "## How many cats are there?" in (here / "talk.md").read_text(encoding="utf-8")

    again = Terminal("chat", "--continue", env=env)
    again.wait_for("questions so far")
    again.wait_for("img-1: red.png")
    again.type("And dogs?\r")
    again.wait_for("→ count_objects(image='img-1', noun='dog'")
    again.wait_for("first word after")
    again.wait_for(">")
    again.type("\x04")
    again.wait_for("to go on")
    assert again.end() == 0
    history = Path(os.environ["XDG_DATA_HOME"]) / "mm-agent" / "chat_history"
    assert "How many cats are there?" in history.read_text(encoding="utf-8")
    assert history.stat().st_mode & 0o077 == 0
