"""Pictures that training data name or hold: files, and the rows of a folder that `datasets` saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from mm_agent.errors import FinetuneError, MediaError, MissingDependency
from mm_agent.media.decode import decode_image
from mm_agent.vision.fingerprint import file_hash


def file_key(path: Path) -> str:
    """The content hash of a picture's file.

    Raises:
        MediaError: it cannot be read.
    """
    try:
        return file_hash(path)
    except OSError as error:
        raise MediaError(f"{path}: {error.strerror or error}") from error


def open_file(path: Path) -> Image.Image:
    """A picture's upright RGB pixels.

    Raises:
        MediaError: it is missing, refused or damaged; names the path.
    """
    try:
        return decode_image(path.read_bytes()).image
    except OSError as error:
        raise MediaError(f"{path}: {error.strerror or error}") from error
    except MediaError as error:
        raise type(error)(f"{path}: {error}") from error


def saved_rows(folder: Path) -> Iterator[tuple[str, Any]]:
    """The rows of a folder that `datasets` saved, each with its place; pictures are not decoded yet."""
    try:
        from datasets import Dataset, load_from_disk
    except ImportError as error:
        raise MissingDependency(
            f"{folder} is a folder of datasets: pip install 'mm-agent[finetune]'"
        ) from error
    try:
        rows = load_from_disk(str(folder))
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FinetuneError(f"{folder} is not a data set that save_to_disk wrote: {reason}") from error
    if not isinstance(rows, Dataset):
        raise FinetuneError(
            f"{folder} holds several splits ({', '.join(map(str, rows))}); name the folder of one of them"
        )
    columns = {name: rows.select_columns([name]) for name in rows.column_names}
    for number in range(len(rows)):
        yield f"row {number + 1}", SavedRow(columns, number)


class SavedRow(Mapping[str, Any]):
    """A row that decodes its picture only when it is asked for."""

    def __init__(self, columns: Mapping[str, Any], number: int) -> None:
        self._columns, self._number = columns, number

    def __getitem__(self, name: str) -> Any:
        return self._columns[name][self._number][name]

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def holds_pictures(self) -> bool:
        """Whether its pictures are in the data set, and not only their paths."""
        return type(self._columns["image"].features["image"]).__name__ == "Image"

    def picture(self) -> Image.Image:
        """The decoded picture.

        Raises:
            MediaError: It cannot be decoded.
        """
        try:
            return self["image"].convert("RGB")
        except (AttributeError, OSError, SyntaxError, ValueError) as error:  # None, or whatever Pillow raises
            raise MediaError(f"the picture cannot be decoded: {' '.join(str(error).split())}") from error
