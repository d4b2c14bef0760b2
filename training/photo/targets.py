"""Which names are right, wrong or unknown for every image of a set.

An image with labels has their concepts and all above them; a captioned photograph has what its captions name.
What is not named is taken as absent, but for

- things that people seldom mention (sky, hands, clothes); in images with labels also people and what they do,
- kinds of what is named: with "a dog" nobody said which breed,
- other words for people in captions with people: a man may be the cyclist.

These are unknown: they count as absent, but little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.photo.names import Names
from training.photo.sets import Example, ImageSet

_SELDOM_MENTIONED = frozenset({
    "body", "nature", "sky", "material", "clothing", "accessory", "structure", "place", "time", "weather",
    "plant", "building", "room", "interior", "container", "household", "furniture", "symbol",
})  # fmt: skip
_PEOPLE = frozenset({"person", "activity", "event"})
_SCENES = frozenset({"place", "room", "shop", "building", "structure", "interior"})
UNKNOWN_WEIGHT = 0.15
"""How much an unknown name counts as absent."""
_ONE_SCENE_EACH = "miniplaces"
"""In this set an image is of one kind of place, so that all other places are absent."""


@dataclass(frozen=True)
class _Groups:
    """Masks (concepts,) of the groups that are treated apart."""

    seldom: np.ndarray
    people: np.ndarray
    persons: np.ndarray
    scenes: np.ndarray

    @classmethod
    def of(cls, names: Names) -> _Groups:
        groups = [name.group for name in names.names]
        return cls(
            *(
                np.array([group in wanted for group in groups], dtype=bool)
                for wanted in (_SELDOM_MENTIONED, _PEOPLE, {"person"}, _SCENES)
            )
        )


def targets(names: Names, images: ImageSet) -> np.ndarray:
    """(N, concepts) int8: 1 there, 0 absent, -1 unknown."""
    table = np.zeros((len(images.examples), len(names)), np.int8)
    groups = _Groups.of(names)
    for row, example in zip(table, images.examples, strict=True):
        found = _mark_unknown(row, example, names, groups)
        if images.name == _ONE_SCENE_EACH:
            row[groups.scenes] = 0
        for number in found:
            row[names.hypernyms[number]] = 1
    return table


def _mark_unknown(row: np.ndarray, example: Example, names: Names, groups: _Groups) -> set[int]:
    """Sets -1 in the example's row, and returns the concepts that it names."""
    captioned = example.is_captioned and not example.labels
    found = names.of_captions(example) if captioned else names.of_labels(example.labels)
    row[groups.seldom if captioned else groups.seldom | groups.people] = -1
    for number in found:
        row[names.hyponyms[number]] = -1
    if captioned and any(groups.people[number] for number in found):
        row[groups.persons] = -1
    return found
