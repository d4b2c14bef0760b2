"""Names of everyday things in English and Chinese: two vocabularies, background colours, counted nouns.

`world` has about 2,500 things, kinds of place and activities with their hypernyms; `stickers` has the 194
emoji stickers that the demo weights know and drawn scenes show. An encoder says which of them its tags come
from (``encoder.vocabulary``); where no encoder is at hand, names are those of the world.

The tables lie beside this file, one concept a row. Columns of both: a stable key, English singular and
plural, Chinese name and measure word, and other names (``also``). ``stickers.tsv`` adds the emoji drawings of
a thing, ``world.tsv`` the key of its hypernym, a group, and how it competes with its siblings.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

Language = Literal["en", "zh"]
Competition = Literal["", "kind", "coat", "alike"]

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CHINESE_NUMBERS = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十")
DEFAULT_MEASURE = "个"
ARTICLES = ("a ", "an ", "the ", "any ", "some ")

# What nobody counts: "1 running", "2 kitchens" say nothing about a picture.
_UNCOUNTED = frozenset(
    {"activity", "event", "interior", "landscape", "place", "room", "shop", "time", "weather"}
)


@dataclass(frozen=True)
class Concept:
    """One thing, place or activity.

    Attributes:
        key: stable name of the row.
        en: English singular, as a label: "dog", "glasses", "bread".
        en_plural: as counted: "dogs", "pairs of glasses", "loaves of bread".
        zh: Chinese name.
        zh_measure: its Chinese measure word.
        also: other names in both languages.
        parent: key of its hypernym, empty for none.
        group: what sort of thing it is, such as animal, food or activity; empty for stickers.
        competes: how it stands to those of its siblings that have the same word here. ``kind`` and ``coat``:
            one thing is at most one of them, as a dog is of one breed. ``alike``: they are taken for each
            other, but may be there together, as a dog and a wolf. Empty: neither.
        drawings: names of emoji drawings that show it; none for things of the world.
    """

    key: str
    en: str
    en_plural: str
    zh: str
    zh_measure: str
    also: tuple[str, ...] = ()
    parent: str = ""
    group: str = ""
    competes: Competition = ""
    drawings: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        """The label in ``language``."""
        return self.zh if language == "zh" else self.en

    @property
    def counted_en(self) -> str:
        """The English noun behind "1": "dog", "pair of glasses", "loaf of bread"."""
        return _measured_singular(self.en_plural) if self._is_measured else self.en

    @property
    def singular_en(self) -> str:
        """The English noun in a sentence with a singular verb: "dog", "pair of glasses", but "bread"."""
        plural_looking = self.en.endswith("s") and not self.en.endswith(("ss", "us"))
        return self.counted_en if plural_looking else self.en

    @property
    def takes_article(self) -> bool:
        """Whether "a" goes before ``singular_en``: "a dog", "a pair of glasses", but "bread", "running"."""
        if self._is_measured:
            return self.singular_en != self.en
        return self.en != self.en_plural or self.group in ("", "animal", "person", "vehicle")

    @property
    def is_countable(self) -> bool:
        """Whether a number of it says something about a picture."""
        return self.group not in _UNCOUNTED

    @property
    def _is_measured(self) -> bool:
        return " of " in self.en_plural and " of " not in self.en


class Vocabulary:
    """Concepts in the order of their table, found by any of their names."""

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.concepts = tuple(concepts)

    def __len__(self) -> int:
        return len(self.concepts)

    def labels(self, language: Language) -> list[str]:
        """The names of all concepts in ``language``."""
        return [concept.name(language) for concept in self.concepts]

    def get(self, key: str) -> Concept:
        """The concept with this key.

        Raises:
            KeyError: there is none.
        """
        return self._by_key[key]

    def find(self, noun: str) -> Concept | None:
        """The concept with this name, singular or plural, or None; case and articles do not matter."""
        word = " ".join(noun.lower().split()).strip(" .,!?。，！？")
        for article in ARTICLES:
            word = word.removeprefix(article)
        return self._by_name.get(word)

    def hypernyms(self, concept: Concept) -> tuple[Concept, ...]:
        """What the concept is a kind of, nearest first: dog and animal for a poodle."""
        chain = []
        while concept.parent:
            concept = self._by_key[concept.parent]
            chain.append(concept)
        return tuple(chain)

    def hyponyms(self, concept: Concept) -> tuple[Concept, ...]:
        """Everything that is a kind of the concept, kinds of kinds included."""
        found = []
        for child in self.children(concept):
            found += [child, *self.hyponyms(child)]
        return tuple(found)

    def children(self, concept: Concept) -> Sequence[Concept]:
        """The concepts whose hypernym this is."""
        return self._by_parent.get(concept.key, ())

    def is_a(self, one: Concept, other: Concept) -> bool:
        """Whether ``one`` is ``other`` or a kind of it."""
        return one == other or other in self.hypernyms(one)

    @cached_property
    def _by_key(self) -> dict[str, Concept]:
        return {concept.key: concept for concept in self.concepts}

    @cached_property
    def _by_parent(self) -> dict[str, list[Concept]]:
        children: dict[str, list[Concept]] = defaultdict(list)
        for concept in self.concepts:
            children[concept.parent].append(concept)
        return dict(children)

    @cached_property
    def _by_name(self) -> dict[str, Concept]:
        """A name that several concepts have goes to the one that says it first: labels before other names."""
        names: dict[str, Concept] = {}
        for forms in (_labels, _counted, _others, _keys, _contents):
            for concept in self.concepts:
                for form in forms(concept):
                    names.setdefault(form.lower(), concept)
        return names


def _labels(concept: Concept) -> Iterator[str]:
    yield from (concept.en, concept.zh)


def _counted(concept: Concept) -> Iterator[str]:
    yield from (concept.en_plural, concept.counted_en)


def _contents(concept: Concept) -> Iterator[str]:
    """What is measured: "cup of coffee" is found as "coffee" too."""
    for form in (concept.en, concept.en_plural):
        if " of " in form:
            yield form.split(" of ", 1)[1]


def _others(concept: Concept) -> Iterator[str]:
    for name in concept.also:
        yield name
        if name.isascii():
            yield regular_plural(name)


def _keys(concept: Concept) -> Iterator[str]:
    yield concept.key.replace("_", " ")


@cache
def stickers() -> Vocabulary:
    """The 194 things that drawn scenes show and the demo weights know; they have no hypernyms."""
    return Vocabulary(_read("stickers.tsv"))


@cache
def world() -> Vocabulary:
    """Things, places and activities that people photograph, with their hypernyms."""
    return Vocabulary(_read("world.tsv"))


def _read(table: str) -> Iterator[Concept]:
    text = files("mm_agent.vision").joinpath(table).read_text(encoding="utf-8")
    return (_concept(**row) for row in csv.DictReader(text.splitlines(), delimiter="\t"))


def _concept(*, also: str, drawings: str = "", **cells: Any) -> Concept:
    return Concept(**cells, also=_several(also), drawings=_several(drawings))


def _several(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(",")) if cell else ()


def concepts() -> tuple[Concept, ...]:
    """The stickers' concepts, for what draws scenes: an index into this order is a drawn thing."""
    return stickers().concepts


def find(noun: str) -> Concept | None:
    """The concept of the world that a noun names, or None; for code that has no encoder at hand."""
    return world().find(noun)


@dataclass(frozen=True)
class Colour:
    """A background colour with its names and its sRGB value (0..255)."""

    en: str
    zh: str
    rgb: tuple[int, int, int]

    def name(self, language: Language) -> str:
        """The colour word in ``language``."""
        return self.zh if language == "zh" else self.en


COLOURS = (
    Colour("red", "红色", (214, 48, 49)),
    Colour("orange", "橙色", (243, 146, 40)),
    Colour("yellow", "黄色", (250, 219, 66)),
    Colour("green", "绿色", (62, 166, 75)),
    Colour("blue", "蓝色", (52, 112, 214)),
    Colour("purple", "紫色", (138, 72, 184)),
    Colour("pink", "粉色", (247, 160, 190)),
    Colour("brown", "棕色", (128, 82, 48)),
    Colour("gray", "灰色", (140, 142, 145)),
    Colour("white", "白色", (246, 246, 244)),
)
BLACK = Colour("black", "黑色", (22, 22, 24))
"""No background is black, but things are."""


def colour_word(name: str, language: Language) -> str:
    """The word in ``language`` for a colour's English name; a name that is none of ours stays as it is."""
    return next((colour.name(language) for colour in (*COLOURS, BLACK) if colour.en == name), name)


def noun_forms(noun: str, count: int, language: Language, vocabulary: Vocabulary | None = None) -> str:
    """``noun`` counted: ``("cat", 2, "en")`` gives "2 cats", ``("cat", 2, "zh")`` gives "两只猫".

    A name that is not the label stays as it was said ("2 couches"). Nouns outside the vocabulary (the world's
    unless another is given) get a regular English plural or the general measure word.
    """
    concept = (vocabulary or world()).find(noun)
    other = _other_name(concept, noun, language) if concept else noun
    if language == "zh":
        number = CHINESE_NUMBERS[count] if count < len(CHINESE_NUMBERS) else str(count)
        measure, name = (concept.zh_measure, concept.zh) if concept else (DEFAULT_MEASURE, noun)
        return f"{number}{measure}{other or name}"
    if concept and not other:
        return f"{count} {concept.counted_en if count == 1 else concept.en_plural}"
    return f"{count} {other if count == 1 else regular_plural(other)}"


def _other_name(concept: Concept, noun: str, language: Language) -> str:
    """The singular of the noun where it is one of the concept's other names, else nothing."""
    if noun.lower() in {form.lower() for form in (*_labels(concept), *_counted(concept))}:
        return ""
    names = (name for name in concept.also if name.isascii() == (language == "en"))
    return next((name for name in names if noun.lower() in (name.lower(), regular_plural(name.lower()))), "")


def regular_plural(noun: str) -> str:
    """The regular English plural; a noun that already ends like one is left alone."""
    if noun.endswith("s") and not noun.endswith("ss"):
        return noun
    if noun.endswith(("ss", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def _measured_singular(plural: str) -> str:
    """ "loaves of bread" to "loaf of bread"."""
    measure, _, rest = plural.partition(" of ")
    if measure == "loaves":
        one = "loaf"
    else:
        one = measure[:-2] if measure.endswith(("sses", "xes", "ches", "shes")) else measure.removesuffix("s")
    return f"{one} of {rest}"
