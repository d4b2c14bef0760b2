"""``mm-agent serve mcp`` as a program of its own, for clients to connect to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.conftest import spawn_environment

TOKEN = "a-token-nobody-guesses"


@dataclass(frozen=True)
class Program:
    """How to start it: arguments after the interpreter, its environment, and its temporary folder."""

    arguments: list[str]
    environment: dict[str, str]
    temporary: Path

    @property
    def left_behind(self) -> list[str]:
        """What it kept of pictures and did not clean up."""
        return [path.name for path in self.temporary.glob("mm-agent-kept-*")]


def program(folder: Path, checkpoint: Path, *arguments: str, **variables: str) -> Program:
    """The server over a small checkpoint, with a temporary folder of its own."""
    temporary = folder / "tmp"
    temporary.mkdir()
    environment = spawn_environment() | {"TMPDIR": str(temporary), "HF_HUB_OFFLINE": "1"} | variables
    command = [
        "-m",
        "mm_agent.cli",
        "serve",
        "mcp",
        "--vision",
        str(checkpoint),
        "--device",
        "cpu",
        *arguments,
    ]
    return Program(command, environment, temporary)


@dataclass(frozen=True)
class HttpServer:
    """A server that listens; ``said`` is what it printed before."""

    url: str
    said: str


@contextmanager
def http_server(how: Program) -> Iterator[HttpServer]:
    """Start it, wait until it listens, and end it as a service manager would; it must end well."""
    process = subprocess.Popen(
        [sys.executable, *how.arguments, "--transport", "http", "--port", "0"],
        env=how.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("serving MCP at "):
            break
    try:
        assert said, "the server ended at once"
        assert said[-1].startswith("serving MCP at "), "".join(said)
        yield HttpServer(said[-1].split()[3].rstrip(";"), "".join(said))
    finally:
        process.terminate()
        out, rest = process.communicate(timeout=120)
    assert (process.returncode, out, how.left_behind) == (0, "", []), rest
    assert "Traceback" not in rest
    assert TOKEN not in rest + "".join(said)
