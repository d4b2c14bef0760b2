"""A small checkpoint, a few pictures, and a way to call the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw

from mm_agent.cli.main import main
from tests.vision import builders

ROOT = Path(__file__).parents[2]

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def vision(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small SigLIP with random weights: 64 pixels, 4 × 4 patches, 64 wide."""
    folder = builders.siglip(tmp_path_factory.mktemp("checkpoint") / "siglip")
    builders.write_card(folder, vocabulary="stickers")
    return str(folder)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with three pictures and a file that is none."""
    monkeypatch.chdir(tmp_path)
    for name, colour in (("red.png", "red"), ("green.png", "green"), ("blue.png", "blue")):
        picture = Image.new("RGB", (120, 80), "white")
        ImageDraw.Draw(picture).ellipse((20, 10, 70, 60), fill=colour)
        picture.save(name)
    Path("broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    return tmp_path


@pytest.fixture
def run(vision: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call ``mm-agent`` in this process with the small checkpoint."""
    monkeypatch.setenv("MM_AGENT_VISION", vision)

    def call(*arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=input)

    return call


def spawn(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in a new process that finds the packages whether or not they are installed."""
    return subprocess.run(
        [sys.executable, *arguments], env=spawn_environment(), capture_output=True, text=True, timeout=120
    )


def spawn_environment() -> dict[str, str]:
    """This environment, with the checkout's two source roots on the path."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tools")])}


def document(result: Result) -> dict[str, Any]:
    """The one JSON document on stdout, which must hold nothing else."""
    return json.loads(result.stdout)


def only_line(text: str) -> str:
    """The single line of a text."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]
