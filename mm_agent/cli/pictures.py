"""Opening the pictures a verb was given: a bad one among many is reported, the others are still answered."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from mm_agent.cli.common import Call
from mm_agent.errors import MediaError

if TYPE_CHECKING:
    from PIL import Image

    from mm_agent.media.store import MediaItem, MediaStore


@dataclass(frozen=True)
class Opened:
    """A picture in the store, and the words the user named it with."""

    source: str
    item: MediaItem
    image: Image.Image

    def describe(self) -> dict[str, Any]:
        """The picture's part of a JSON document."""
        item = self.item
        return {
            "image": self.source,
            "handle": item.handle,
            "width": item.width,
            "height": item.height,
            "notes": list(item.notes),
        }


def open_picture(store: MediaStore, source: str) -> Opened:
    """Open one picture.

    Raises:
        MediaError: it is missing, refused or no picture.
    """
    item = store.add(source, name=display_name(source))
    return Opened(source=source, item=item, image=store.image(item.handle))


def each_picture(
    call: Call, sources: Sequence[str], answer: Callable[[Opened], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Answer every picture; a bad one gets ``{"image", "error"}`` and a line on stderr.

    A single bad picture is simply the call's error.
    """
    results = []
    store = call.new_store()
    for source in progress(sources, label="pictures"):
        try:
            opened = open_picture(store, source)
        except MediaError as error:
            if len(sources) == 1:
                raise
            results.append({"image": source, "error": call.reject(source, error)})
        else:
            results.append({**opened.describe(), **answer(opened)})
    return results


def progress(items: Sequence[str], *, label: str) -> Iterator[str]:
    """Iterate with a bar on stderr, if that is a terminal and there is something to wait for."""
    if len(items) < 4 or not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(length=len(items), label=label, file=sys.stderr) as bar:
        for item in items:
            yield item
            bar.update(1)


def display_name(source: str) -> str:
    """A short name: the last part of a path or of a URL's path."""
    if source.startswith("data:"):
        return "data-uri"
    path = urlsplit(source).path if "://" in source else source
    return path.rstrip("/").rsplit("/", 1)[-1] or source
