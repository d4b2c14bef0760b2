"""Training data: LLaVA's conversations about pictures, from JSON lines or from a folder of `datasets`.

One example: ``{"image": "cats.png", "conversations": [{"from": "human", "value": "<image>\\nHow many?"},
{"from": "gpt", "value": "2"}]}``. People and the model take turns; the first question holds ``<image>`` once.
A clip is ``{"video": "cats.mp4", ...}`` with ``<video>`` in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from mm_agent.errors import FinetuneError, MediaError, MissingDependency
from mm_agent.media.decode import decode_image
from mm_agent.media.video.video import open_video
from mm_agent.projection.soft.clips import Shown, spread
from mm_agent.vision.caches import content_hash
from mm_agent.vision.fingerprint import file_hash

IMAGE, VIDEO = "<image>", "<video>"
NAMES = {"image": "picture", "video": "clip"}
CLIP = "-clip"
"""At the end of a clip's key: the same file may be a picture elsewhere, as a GIF is."""
_AROUND = re.compile(r"\n?<image>\n?")


@dataclass(frozen=True)
class Example:
    """A picture or a clip and what was said about it.

    Attributes:
        place: where it stands in the data, for messages: ``line 3``.
        key: gives the content hash of the picture, or of the clip and ``CLIP``; reads the file.
        show: gives the picture, or as many frames of the clip as asked for; reads and decodes it.
        turns: questions and answers in order; the first question holds ``<image>`` once, for a clip as well.
        clip: whether it is a clip.
    """

    place: str
    key: Callable[[], str]
    show: Callable[[int], Shown]
    turns: tuple[tuple[str, str], ...]
    clip: bool = False


def read_examples(data: Path, images: Path | None = None) -> list[Example]:
    """Read and check all examples; pictures are not opened yet.

    Args:
        data: JSON lines, or a folder that ``Dataset.save_to_disk`` wrote with the columns ``image`` (pictures
            or paths) or ``video`` (paths), and ``conversations``.
        images: where relative paths start; None: the folder the data lies in.

    Raises:
        FinetuneError: no such data, none in it, or an example that is not as described; names the line.
        MissingDependency: a folder, and `datasets` is not installed.
    """
    base = images or data.parent
    if data.is_dir():
        examples = [_example(record, place, base) for place, record in saved_rows(data)]
    elif data.is_file():
        examples = [_example(record, place, base) for place, record in _lines(data)]
    else:
        raise FinetuneError(f"there is no {data}; name a .jsonl file or a folder that datasets saved")
    if not examples:
        raise FinetuneError(f"{data} holds no example; give one JSON object a line")
    return examples


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            place = f"{path.name}, line {number}"
            try:
                record = json.loads(line)
            except ValueError as error:
                hint = "; a JSON list is not JSON lines: put one object on each line" if number == 1 else ""
                raise FinetuneError(f"{place} is not JSON ({error}){hint}") from error
            yield place, record


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


def _example(record: Any, place: str, base: Path) -> Example:
    if not isinstance(record, Mapping):
        raise FinetuneError(f'{place} is not an object; write {{"image": ..., "conversations": [...]}}')
    clip = "image" not in record and "video" in record
    medium, mark = ("video", VIDEO) if clip else ("image", IMAGE)
    for name in (medium, "conversations"):
        if name not in record:
            raise FinetuneError(
                f"{place} has no {name!r}; every example needs image or video, and conversations"
            )
    turns = _turns(record["conversations"], place, mark)
    if not clip and isinstance(record, SavedRow) and record.holds_pictures():
        return Example(place, lambda: content_hash(record.picture()), lambda frames: record.picture(), turns)
    if not isinstance(record[medium], str) or not record[medium]:
        raise FinetuneError(f"{place}: {medium} is {record[medium]!r}; give the path of one {NAMES[medium]}")
    path = base / record[medium]
    if clip:
        return Example(place, lambda: file_key(path) + CLIP, partial(_watch, path), turns, clip=True)
    return Example(place, partial(file_key, path), partial(_open, path), turns)


def _turns(said: Any, place: str, mark: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(said, list) or not said or len(said) % 2:
        raise FinetuneError(
            f"{place}: conversations must be questions and answers in turn, at least one of each"
        )
    for index, turn in enumerate(said):
        speaker = ("human", "gpt")[index % 2]
        if (
            not isinstance(turn, Mapping)
            or turn.get("from") != speaker
            or not isinstance(turn.get("value"), str)
        ):
            raise FinetuneError(
                f'{place}: turn {index + 1} must be {{"from": "{speaker}", "value": "..."}}; human and gpt '
                "take turns"
            )
        if speaker == "gpt" and not turn["value"].strip():
            raise FinetuneError(f"{place}: turn {index + 1} is an empty answer; leave the example out")
    values = [turn["value"].strip() for turn in said]
    marks = ["".join(values[0::2]).count(mark), values[0].count(mark)]
    if marks != [1, 1]:
        raise FinetuneError(f"{place}: {marks[0]} times {mark} in the questions; put it into the first, once")
    other = VIDEO if mark == IMAGE else IMAGE
    if any(other in question for question in values[0::2]):
        raise FinetuneError(f"{place}: {other} in an example with {mark}; one picture or clip an example")
    values[0] = values[0].replace(mark, IMAGE)
    return tuple(zip(values[0::2], values[1::2], strict=True))


def split_at_image(question: str) -> tuple[str, str]:
    """A first question's words before and after the picture; a line break at the picture is dropped, since a
    chat message holds a picture and its words without one."""
    before, after = _AROUND.split(question)
    return before, after


def file_key(path: Path) -> str:
    """The content hash of a picture's file.

    Raises:
        MediaError: it cannot be read.
    """
    try:
        return file_hash(path)
    except OSError as error:
        raise MediaError(f"{path}: {error.strerror or error}") from error


def _open(path: Path, frames: int) -> Image.Image:
    return open_file(path)


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


def _watch(path: Path, frames: int) -> Shown:
    try:
        return spread(open_video(path), frames)
    except MediaError as error:
        raise type(error)(f"{path}: {error}") from error
