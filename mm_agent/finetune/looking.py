"""Every picture opened once: which are missing or damaged, which are the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from PIL import Image

from mm_agent.errors import MediaError, MediaNotFound

_THREADS = min(4, os.cpu_count() or 1)
_AHEAD = 64


class Pictured(Protocol):
    """What has a picture."""

    @property
    def place(self) -> str: ...

    @property
    def key(self) -> Callable[[], str]: ...

    @property
    def picture(self) -> Callable[[], Image.Image]: ...


S = TypeVar("S", bound=Pictured)
T = TypeVar("T")


@dataclass(frozen=True)
class Seen(Generic[S]):
    """A sample whose picture can be decoded, and the picture's content hash."""

    sample: S
    key: str


@dataclass(frozen=True)
class Looked(Generic[S, T]):
    """A sample with what is wanted of its picture; None where the picture was known."""

    seen: Seen[S]
    kept: T | None


@dataclass(frozen=True)
class Unusable(Generic[S]):
    """A sample whose picture cannot be used, and why; ``missing``: there is no such file."""

    sample: S
    reason: str
    missing: bool

    @property
    def line(self) -> str:
        """For listings."""
        return f"{self.sample.place}: {self.reason}"


def look_over(
    samples: Sequence[S],
    keep: Callable[[Image.Image], T],
    *,
    known: Callable[[str], bool] = lambda key: False,
) -> Iterator[Looked[S, T] | Unusable[S]]:
    """Open every picture, in order; a few threads do so ahead.

    Args:
        samples: what to open.
        keep: what is wanted of a picture; whole ones of many megapixels would fill the memory.
        known: whether the picture of this content hash need not be decoded.
    """

    def open_one(sample: S) -> Looked[S, T] | Unusable[S]:
        try:
            key = sample.key()
            return Looked(Seen(sample, key), None if known(key) else keep(sample.picture()))
        except (MediaError, OSError) as error:
            missing = isinstance(error, MediaNotFound) or isinstance(
                error.__cause__ or error, FileNotFoundError
            )
            return Unusable(sample, " ".join(str(error).split()), missing)

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="mm-agent-pictures") as pool:
        groups = [samples[start : start + _AHEAD] for start in range(0, len(samples), _AHEAD)]
        ahead = pool.map(open_one, groups[0]) if groups else ()
        for following in [*groups[1:], ()]:
            now, ahead = ahead, pool.map(open_one, following)
            yield from now


def sort_out(
    samples: Sequence[S], *, on_picture: Callable[[], None] = lambda: None
) -> tuple[list[Seen[S]], list[Unusable[S]]]:
    """Open every picture; gives the usable samples and the others."""
    seen: list[Seen[S]] = []
    unusable: list[Unusable[S]] = []
    for one in look_over(samples, keep=lambda picture: None):
        if isinstance(one, Unusable):
            unusable.append(one)
        else:
            seen.append(one.seen)
        on_picture()
    return seen, unusable
