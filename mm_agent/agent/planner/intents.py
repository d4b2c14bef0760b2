"""What a question can want. A noun is as the vocabulary knows it, or else as it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Relation = Literal["=", ">=", "<=", ">", "<"]
Quantity = Literal["any", "most", "fewest"]
Side = Literal["left", "right", "above", "below"]


@dataclass(frozen=True)
class Greeting:
    """Hello, thanks."""


@dataclass(frozen=True)
class Help:
    """What can you do?"""


@dataclass(frozen=True)
class Unsupported:
    """Nothing the rules know."""


@dataclass(frozen=True)
class HowManyPictures:
    """How many pictures are there?"""


@dataclass(frozen=True)
class Identify:
    """What is this? ``place``: what is in that part of it, in words of ``places.PLACE_PARTS``."""

    place: str | None = None


@dataclass(frozen=True)
class Describe:
    """Describe it: what, how many, on which background."""


@dataclass(frozen=True)
class Count:
    """How many of each noun; no nouns: of everything that is there."""

    nouns: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountCheck:
    """Are there (at least, more than, ...) ``number`` of them?"""

    noun: str
    number: int
    relation: Relation = "="


@dataclass(frozen=True)
class MoreOf:
    """Are there more ``first`` than ``second``? ``asks_which``: which of the two are there more of."""

    first: str
    second: str
    fewer: bool = False
    asks_which: bool = False


@dataclass(frozen=True)
class Presence:
    """Is there any? ``every``: all of the nouns, else one of them is enough."""

    nouns: tuple[str, ...]
    every: bool = True


@dataclass(frozen=True)
class Colour:
    """Which colour is the background, or a thing? ``options``: only these; ``claimed``: is it this one."""

    thing: str | None = None
    options: tuple[str, ...] = ()
    claimed: str | None = None


@dataclass(frozen=True)
class Where:
    """Where is it?"""

    nouns: tuple[str, ...]


@dataclass(frozen=True)
class When:
    """When in a video can it be seen?"""

    nouns: tuple[str, ...]


@dataclass(frozen=True)
class PlaceCheck:
    """Is it in that part of the picture?"""

    noun: str
    place: str


@dataclass(frozen=True)
class Beside:
    """Is ``first`` on that side of ``second``?"""

    first: str
    side: Side
    second: str


@dataclass(frozen=True)
class Choose:
    """Which of these words names it?"""

    options: tuple[str, ...]


@dataclass(frozen=True)
class Same:
    """Are the pictures the same; what differs?"""


@dataclass(frozen=True)
class WhichPicture:
    """Which picture has one, has the most or fewest, or has a background of that colour?"""

    noun: str | None = None
    quantity: Quantity = "any"
    colour: str | None = None


@dataclass(frozen=True)
class Fits:
    """Is this sentence true of the picture?"""

    sentence: str


@dataclass(frozen=True)
class InDomain:
    """Which of the domain's labels is it; are these there (``every``: all of them); which of these?"""

    labels: tuple[str, ...] = ()
    chooses: bool = False
    every: bool = False


@dataclass(frozen=True)
class FollowUp:
    """The question before, asked of other nouns or of another picture."""

    nouns: tuple[str, ...] = ()


Intent = (
    Greeting
    | Help
    | Unsupported
    | HowManyPictures
    | Identify
    | Describe
    | Count
    | CountCheck
    | MoreOf
    | Presence
    | Colour
    | Where
    | When
    | PlaceCheck
    | Beside
    | Choose
    | Same
    | WhichPicture
    | Fits
    | InDomain
    | FollowUp
)

PRONOUN = "it"
"""Stands for the noun before, until the dialogue puts it in."""
