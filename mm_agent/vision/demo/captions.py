"""Sentences about scenes, in English and Chinese, each with the claims it makes.

A caption is kept beside its claims (which concept, how many, which colour, which place), so that its truth
about *every* scene of a batch is known: a caption drawn for one scene that also fits another counts as true
there. Negatives differ from a true caption in one claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mm_agent.vision.demo.scenes import Scene
from mm_agent.vision.vocabulary import CHINESE_NUMBERS, COLOURS, DIGIT_WORDS, Concept, Language, concepts

ANY = -1
PLACES_EN = (
    "top left",
    "top",
    "top right",
    "left",
    "center",
    "right",
    "bottom left",
    "bottom",
    "bottom right",
)
PLACES_ZH = ("左上角", "上面", "右上角", "左边", "中间", "右边", "左下角", "下面", "右下角")


@dataclass(frozen=True)
class Claims:
    """What a caption says; ``ANY`` where it says nothing. ``place`` is about the first concept."""

    first: int = ANY
    first_count: int = ANY
    second: int = ANY
    second_count: int = ANY
    colour: int = ANY
    place: int = ANY

    @property
    def presence_only(self) -> bool:
        """True when it only says that one concept is there."""
        return self.first != ANY and (self.first_count, self.second, self.colour, self.place) == (ANY,) * 4


@dataclass(frozen=True)
class Caption:
    """A sentence and its claims."""

    text: str
    claims: Claims
    language: Language


def sample_claims(scene: Scene, rng: np.random.Generator) -> Claims:
    """True claims about ``scene`` of a random kind."""
    counts = list(scene.counts.items())
    index, count = counts[rng.integers(len(counts))]
    kind = rng.choice(7, p=(0.24, 0.24, 0.10, 0.10, 0.08, 0.14, 0.10))
    if kind == 0:
        return Claims(first=index)
    if kind == 2:
        return Claims(colour=scene.colour)
    if kind == 3:
        return Claims(first=index, colour=scene.colour)
    if kind == 4:
        return Claims(first=index, first_count=count, colour=scene.colour)
    if kind == 5 and len(counts) == 2:
        (a, na), (b, nb) = counts if rng.random() < 0.5 else counts[::-1]
        counted = rng.random() < 0.6
        return Claims(a, na if counted else ANY, b, nb if counted else ANY)
    if kind == 6 and count == 1:
        return Claims(first=index, place=next(t.place for t in scene.things if t.concept == index))
    return Claims(first=index, first_count=count)


def contradict(claims: Claims, rng: np.random.Generator) -> Claims:
    """The same claims with one of them changed (the result may be true by chance of other scenes)."""
    fields = [
        name
        for name in ("first", "first_count", "second", "second_count", "colour", "place")
        if getattr(claims, name) != ANY
    ]
    # Counts are the hardest claim: contradict them more often.
    weights = np.array([3.0 if name.endswith("count") else 1.0 for name in fields])
    name = fields[rng.choice(len(fields), p=weights / weights.sum())]
    sizes = {"first": len(concepts()), "second": len(concepts()), "colour": len(COLOURS), "place": 9}
    if name.endswith("count"):
        others = [n for n in range(1, 5) if n != getattr(claims, name)]
        return replace(claims, **{name: int(others[rng.integers(3)])})
    shift = int(rng.integers(1, sizes[name]))
    return replace(claims, **{name: (getattr(claims, name) + shift) % sizes[name]})


def word(claims: Claims, language: Language, rng: np.random.Generator) -> Caption:
    """Put claims into a sentence; the wording is random."""
    text = _chinese(claims, rng) if language == "zh" else _english(claims, rng)
    return Caption(text, claims, language)


def _pick(rng: np.random.Generator, *options: str) -> str:
    return options[rng.integers(len(options))]


def _english(claims: Claims, rng: np.random.Generator) -> str:
    if claims.first == ANY:
        colour = COLOURS[claims.colour].en
        return _pick(
            rng,
            f"a {colour} background",
            f"{colour} background",
            f"the background is {colour}",
            f"a photo of a {colour} background",
            colour,
        )
    first = _english_noun(concepts()[claims.first], claims.first_count, rng)
    if claims.second != ANY:
        first = f"{first} and {_english_noun(concepts()[claims.second], claims.second_count, rng)}"
    if claims.place != ANY:
        place = PLACES_EN[claims.place]
        first = _pick(
            rng,
            f"{first} in the {place}",
            f"{first} at the {place}",
            f"{first} on the {place}",
            f"{first} in the {place} of the picture",
        )
    if claims.colour != ANY:
        colour = COLOURS[claims.colour].en
        first = _pick(
            rng,
            f"{first} on a {colour} background",
            f"{first} on {colour}",
            f"{first} against a {colour} background",
        )
    verb = "are" if claims.first_count > 1 else "is"
    return _pick(
        rng,
        first,
        first,
        f"a photo of {first}",
        f"a picture of {first}",
        f"this is a photo of {first}",
        f"there {verb} {first}",
        f"there {verb} {first} in the picture",
    )


def _english_noun(concept: Concept, count: int, rng: np.random.Generator) -> str:
    article = "an" if concept.en[0].lower() in "aeiou" else "a"
    if count == ANY:
        return _pick(rng, concept.en, f"{article} {concept.en}", f"{article} {concept.en}", concept.en_plural)
    if count == 1:
        return _pick(rng, f"1 {concept.en}", f"one {concept.en}", f"a single {concept.en}")
    return f"{_pick(rng, str(count), DIGIT_WORDS[count])} {concept.en_plural}"


def _chinese(claims: Claims, rng: np.random.Generator) -> str:
    if claims.first == ANY:
        colour = COLOURS[claims.colour].zh
        return _pick(rng, f"{colour}背景", f"背景是{colour}的", f"背景是{colour}", f"{colour}的背景", colour)
    first = _chinese_noun(concepts()[claims.first], claims.first_count, rng)
    if claims.second != ANY:
        first = f"{first}和{_chinese_noun(concepts()[claims.second], claims.second_count, rng)}"
    if claims.place != ANY:
        place = PLACES_ZH[claims.place]
        return _pick(
            rng, f"{first}在{place}", f"{place}有{first}", f"{place}的{first}", f"图片{place}有{first}"
        )
    if claims.colour != ANY:
        colour = COLOURS[claims.colour].zh
        return _pick(rng, f"{colour}背景上有{first}", f"{colour}背景上的{first}", f"{first}在{colour}背景上")
    return _pick(
        rng,
        first,
        first,
        f"一张{first}的照片",
        f"{first}的照片",
        f"图里有{first}",
        f"图片中有{first}",
        f"这是{first}",
        f"这里有{first}",
    )


def _chinese_noun(concept: Concept, count: int, rng: np.random.Generator) -> str:
    if count == ANY:
        return concept.zh
    return f"{_pick(rng, str(count), CHINESE_NUMBERS[count])}{concept.zh_measure}{concept.zh}"


@dataclass(frozen=True)
class Facts:
    """The truth about a batch of scenes as arrays: two kinds at most, ``ANY`` where there is only one."""

    kinds: np.ndarray  # (B, 2) concept
    counts: np.ndarray  # (B, 2)
    places: np.ndarray  # (B, 2) bit p is set when a copy stands at place p
    colours: np.ndarray  # (B,)

    @classmethod
    def of(cls, scenes: Sequence[Scene]) -> Facts:
        """Read the facts off scenes."""
        kinds, counts = (np.full((len(scenes), 2), ANY, np.int64) for _ in range(2))
        places = np.zeros((len(scenes), 2), np.int64)
        for row, scene in enumerate(scenes):
            for slot, (index, count) in enumerate(scene.counts.items()):
                kinds[row, slot], counts[row, slot] = index, count
                for thing in scene.things:
                    if thing.concept == index:
                        places[row, slot] |= 1 << thing.place
        return cls(kinds, counts, places, np.array([scene.colour for scene in scenes]))


def truth(facts: Facts, claims: Sequence[Claims]) -> np.ndarray:
    """Which claims hold of which scenes. (B scenes, T claims) -> (B, T) bool."""
    table = np.array(
        [(c.first, c.first_count, c.second, c.second_count, c.colour, c.place) for c in claims]
    ).T
    first, first_count, second, second_count, colour, place = table[:, None, :]  # each (1, T)
    held = _holds(facts, first, first_count, place)
    held &= _holds(facts, second, second_count, np.full_like(place, ANY))
    return held & ((colour == ANY) | (facts.colours[:, None] == colour))


def _holds(facts: Facts, concept: np.ndarray, count: np.ndarray, place: np.ndarray) -> np.ndarray:
    kinds, counts, places = (
        facts.kinds[..., None],
        facts.counts[..., None],
        facts.places[..., None],
    )  # (B, 2, 1)
    right_count = (count == ANY) | (counts == count)
    right_place = (place == ANY) | ((places >> np.maximum(place, 0)) & 1 == 1)
    there = ((kinds == concept) & right_count & right_place).any(1)  # (B, T)
    return there | (concept == ANY)
