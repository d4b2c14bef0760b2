"""Sets of images with words: a `.jsonl` table beside a tar or a folder of images, all of one name.

A line names `file` and any of `captions` (English), `captions_zh` (Chinese), `labels` and `split`:

    {"file": "1.jpg", "captions": ["A dog runs."], "captions_zh": ["一只狗在跑。"], "split": "train"}

`split` is train (the default), val (scores are calibrated on captioned ones), test (measured only) or none.
A set of your own takes part in training by lying in the data folder; `splits.py` has what is published.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mm_agent.errors import FinetuneError
from training.photo.splits import PUBLISHED, SPLITS, splits_of

_EXAMPLE = '{"file": "1.jpg", "captions": ["a dog on grass"], "labels": ["dog"]}'
_Words = tuple[Annotated[str, Field(min_length=1)], ...]


class Example(BaseModel):
    """One image with its words."""

    model_config = ConfigDict(frozen=True, extra="allow")

    file: str = Field(min_length=1, description="member of the tar, or path below the folder")
    captions: _Words = ()
    captions_zh: _Words = ()
    labels: _Words = ()
    split: str = "train"

    @property
    def facts(self) -> dict[str, object]:
        """The table's other columns."""
        return self.model_extra or {}

    @property
    def is_captioned(self) -> bool:
        return bool(self.captions or self.captions_zh)


@dataclass(frozen=True)
class ImageSet:
    """A table and its images."""

    name: str
    folder: Path
    examples: tuple[Example, ...]

    def of_split(self, split: str) -> np.ndarray:
        """Numbers of the split's examples."""
        return np.array([n for n, example in enumerate(self.examples) if example.split == split], dtype=int)

    def images(self, numbers: Iterable[int] | None = None) -> Iterator[Image.Image]:
        """RGB images of the examples with these numbers, by default of all.

        Raises:
            FinetuneError: a file is missing or is no image.
        """
        with self._opened() as read:
            for number in range(len(self.examples)) if numbers is None else numbers:
                yield self._decoded(self.examples[number].file, read)

    def require_images(self) -> None:
        """Looks for every file, so that a missing one is reported at once.

        Raises:
            FinetuneError: the tar or the folder, or a file in it, is missing.
        """
        if not self._place.exists():
            raise FinetuneError(
                f"{self._table} has neither {self.name}.tar nor a folder {self.name} beside it; put its "
                "images there"
            )
        if self._place.is_dir():
            missing = [e.file for e in self.examples if not (self._place / e.file).is_file()]
        else:
            with tarfile.open(self._place) as archive:
                present = set(archive.getnames())
            missing = [e.file for e in self.examples if e.file not in present]
        if missing:
            raise FinetuneError(
                f"{self._table} names {missing[0]}, which is not in {self._place} "
                f"({len(missing)} such lines); add the image or take out the line"
            )

    def _decoded(self, file: str, read: Callable[[str], bytes]) -> Image.Image:
        try:
            return ImageOps.exif_transpose(Image.open(io.BytesIO(read(file)))).convert("RGB")
        except (KeyError, OSError, ValueError) as error:
            raise FinetuneError(
                f"{self._table} names the image {file}, which cannot be read from {self._place} "
                f"({type(error).__name__}); replace the image or take out its line"
            ) from error

    @property
    def _table(self) -> Path:
        return self.folder / f"{self.name}.jsonl"

    @property
    def _place(self) -> Path:
        tar = self.folder / f"{self.name}.tar"
        return tar if tar.is_file() else self.folder / self.name

    @contextmanager
    def _opened(self) -> Iterator[Callable[[str], bytes]]:
        """A function from a file's name to its bytes."""
        if self._place.suffix != ".tar":
            yield lambda file: (self._place / file).read_bytes()
            return
        with tarfile.open(self._place) as archive:

            def read(file: str) -> bytes:
                member = archive.extractfile(file)
                if member is None:
                    raise KeyError(file)
                return member.read()

            yield read


def read_sets(folder: Path) -> list[ImageSet]:
    """Every set of the folder: the published ones in their order, then one's own by name.

    Raises:
        FinetuneError: there is none, one cannot be read, or none has captions.
    """
    found = sorted(path.stem for path in folder.glob("*.jsonl"))
    names = [name for name in PUBLISHED if name in found] + [name for name in found if name not in PUBLISHED]
    sets = [read_set(folder, name) for name in names]
    if not any(example.is_captioned for one in sets for example in one.examples if example.split == "train"):
        raise FinetuneError(
            f"no table in {folder} has training images with captions; write one, pets.jsonl say, with lines "
            f"such as {_EXAMPLE}, beside pets.tar or the folder pets"
        )
    for one in sets:
        one.require_images()
    return sets


def read_set(folder: Path, name: str) -> ImageSet:
    """Reads `folder/name.jsonl`.

    Raises:
        FinetuneError: the table cannot be read; names file and line.
    """
    path = folder / f"{name}.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FinetuneError(
            f"{path} cannot be read ({error}); write it in UTF-8, one JSON object a line"
        ) from error
    rows = [(number, _example(path, number, line)) for number, line in enumerate(lines, 1) if line.strip()]
    splits = splits_of(name, [row for _, row in rows])
    for (number, _), split in zip(rows, splits, strict=True):
        if split not in SPLITS:
            raise FinetuneError(f"{path}, line {number}: split is {split!r}; use one of {', '.join(SPLITS)}")
    examples = (row.model_copy(update={"split": split}) for (_, row), split in zip(rows, splits, strict=True))
    return ImageSet(name, folder, tuple(examples))


def _example(path: Path, number: int, line: str) -> Example:
    try:
        return Example.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{where}: {first['msg']}" if where else first["msg"]
        raise FinetuneError(f"{path}, line {number}: {reason}; write it as {_EXAMPLE}") from error
