"""Every picture opened once: which are missing or damaged, which are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from PIL import Image

from mm_agent.errors import MediaError, MediaNotFound

Say = Callable[[str], None]
_THREADS = 4
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


@dataclass(frozen=True)
class Seen(Generic[S]):
    """A sample whose picture can be decoded.

    Attributes:
        sample: the sample.
        key: the picture's content hash.
        image: its pixels; None where they were not wanted because the key was known.
    """

    sample: S
    key: str
    image: Image.Image | None


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
    samples: Sequence[S], *, known: Callable[[str], bool] = lambda key: False
) -> Iterator[Seen[S] | Unusable[S]]:
    """Open every picture, in order; a few threads decode ahead.

    Args:
        samples: what to open.
        known: whether the picture of this content hash need not be decoded.
    """

    def open_one(sample: S) -> Seen[S] | Unusable[S]:
        try:
            key = sample.key()
            return Seen(sample, key, None if known(key) else sample.picture())
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
