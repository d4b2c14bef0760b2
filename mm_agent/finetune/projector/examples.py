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

from mm_agent.errors import FinetuneError, MediaError
from mm_agent.finetune.pictures import SavedRow, file_key, open_file, saved_rows
from mm_agent.media.video.video import open_video
from mm_agent.projection.soft.clips import Shown, spread
from mm_agent.vision.caches import content_hash

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


def _open(path: Path, frames: int) -> Image.Image:
    return open_file(path)


def _watch(path: Path, frames: int) -> Shown:
    try:
        return spread(open_video(path), frames)
    except MediaError as error:
        raise type(error)(f"{path}: {error}") from error
