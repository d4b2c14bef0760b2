"""Media of a case: files, scenes and clips that are drawn from a seed, and what is true about them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from mm_agent.evals.suite.part import OneOrMore, Part
from mm_agent.vision.demo.captions import PLACES_EN
from mm_agent.vision.vocabulary import COLOURS, stickers

Place = Literal[
    "top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right"
]
assert get_args(Place) == PLACES_EN
Corners = tuple[int, int, int, int]
Span = tuple[float, float]


def _known_thing(name: str) -> str:
    if stickers().find(name) is None:
        raise ValueError(f"{name!r} is no thing that can be drawn; use a noun of the vocabulary, such as cat")
    return name


def _known_colour(name: str) -> str:
    known = [colour.en for colour in COLOURS]
    if name not in known:
        raise ValueError(f"{name!r} is no background colour; use one of {', '.join(known)}")
    return name


class Placed(Part, frozen=True):
    """Copies of a thing in a drawn scene."""

    what: Annotated[str, AfterValidator(_known_thing)] = Field(description="A noun of the vocabulary.")
    count: int = Field(default=1, ge=1, le=6)
    place: Place | None = Field(default=None, description="Where a single copy stands; none: anywhere.")

    @model_validator(mode="after")
    def _one_place_one_copy(self) -> Placed:
        if self.place and self.count > 1:
            raise ValueError("place holds a single copy; leave out place, or set count to 1")
        return self


def _placed_alike(things: tuple[Placed, ...]) -> tuple[Placed, ...]:
    if len({thing.place is None for thing in things}) > 1:
        raise ValueError("give every thing of a scene a place, or none of them")
    return things


Things = Annotated[OneOrMore[Placed], AfterValidator(_placed_alike)]


class SceneSpec(Part, frozen=True):
    """A drawn scene; the same seed draws the same picture."""

    things: Things = Field(min_length=1, max_length=4)
    background: Annotated[str, AfterValidator(_known_colour)] | None = Field(
        default=None, description="A colour; none: the seed chooses."
    )
    seed: int = Field(default=0, ge=0)
    size: int = Field(default=320, ge=64, le=1024, description="Pixels of a side.")


class ShotSpec(Part, frozen=True):
    """A scene of a clip that lasts some seconds."""

    things: Things = Field(min_length=1, max_length=4)
    seconds: float = Field(ge=0.5, le=60)
    background: Annotated[str, AfterValidator(_known_colour)] | None = None


class ClipSpec(Part, frozen=True):
    """A drawn clip: shots one after the other."""

    shots: OneOrMore[ShotSpec] = Field(min_length=1, max_length=20)
    seed: int = Field(default=0, ge=0)
    size: int = Field(default=256, ge=64, le=512, description="Pixels of a side.")


class Change(Part, frozen=True):
    """What is done to a picture before it is shown: noise, then words over it, then turning."""

    noise: float = Field(default=0.0, ge=0, le=128, description="Standard deviation, of 255.")
    blur: float = Field(default=0.0, ge=0, le=20, description="Standard deviation in pixels.")
    text: str = Field(default="", max_length=60, description="Latin words written over it.")
    rotate: Literal[0, 90, 180, 270] = Field(default=0, description="Degrees against the clock.")


class Truth(Part, frozen=True):
    """What is true about a thing in a medium."""

    count: int | None = Field(default=None, ge=0)
    regions: tuple[Corners, ...] = Field(default=(), description="Left, top, right, bottom in pixels.")
    moments: tuple[Span, ...] = Field(default=(), description="From when to when, in seconds.")


class Medium(Part, frozen=True):
    """A picture or clip of a case: one of a file, a scene or a clip."""

    file: str | None = Field(default=None, description="A path; relative ones start at the suite's folder.")
    scene: SceneSpec | None = None
    clip: ClipSpec | None = None
    name: str | None = Field(default=None, description="The file name that the agent sees.")
    comment: str | None = Field(default=None, description="Words in the picture file's metadata.")
    change: Change = Field(default=Change())
    truth: dict[str, Truth] = Field(
        default={}, description="By thing; of scenes and clips it is known without."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Medium:
        given = [name for name in ("file", "scene", "clip") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"a medium is one of file, scene or clip; got {' and '.join(given) or 'none'}")
        if self.scene is None and (self.comment or self.change != Change()):
            raise ValueError("comment and change are for drawn scenes; give a scene")
        return self
