"""Files that verbs write: checked before the work starts, written in one step."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mm_agent.errors import SettingsError

if TYPE_CHECKING:
    from PIL import Image

PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""Endings of pictures that can be written, and what Pillow calls their formats."""


class OutputFile(click.ParamType):
    """A file to write whose folder exists and whose ending is one of those given."""

    name = "file"

    def __init__(self, *suffixes: str) -> None:
        self.suffixes = suffixes

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Refuse another ending as a usage error."""
        path = Path(value)
        if path.suffix.lower() not in self.suffixes:
            self.fail(f"{click.format_filename(path)} must end in {' or '.join(self.suffixes)}", param, ctx)
        return path


def check_output(path: Path) -> None:
    """Make sure ``path`` can be written, before anything slow happens.

    Raises:
        SettingsError: its folder is missing, or it is itself a folder.
    """
    if not path.parent.is_dir():
        raise SettingsError(
            f"cannot write {path}: there is no folder {path.parent}; make it first: mkdir -p {path.parent}"
        )
    if path.is_dir():
        raise SettingsError(f"cannot write {path}: it is a folder; give a file name")


def write_picture(path: Path, picture: Image.Image) -> None:
    """Write a picture in the format its ending names, in one step."""
    from mm_agent.media.atomic import write_atomic

    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, PICTURES[path.suffix.lower()])
    write_atomic(path, buffer.getvalue())
