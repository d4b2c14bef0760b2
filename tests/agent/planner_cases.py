"""Sixty questions about scenes that are drawn afresh: half English, half Chinese.

Each case draws its own scene, asks in a wording picked at random, and carries a check of the answer's words.
Nothing is tuned to a seed: ``cases(seed)`` works with any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from mm_agent.vision.demo.scenes import Scene, SceneRules, arrange, draw
from mm_agent.vision.vocabulary import COLOURS, Language, concepts, noun_forms

SIDE = 320
RULES = SceneRules(sides=(0.3, 0.55), angle=15)
# How many questions of each kind a language gets: thirty in all.
MIX = {
    "count": 7,
    "what": 5,
    "there": 3,
    "not there": 3,
    "colour": 4,
    "where": 3,
    "which": 3,
    "fits": 1,
    "does not fit": 1,
}
YES = {"en": r"^yes\b", "zh": r"^(是|有|对|符合)"}
NO = {"en": r"^no\b", "zh": r"^(不|没有|没)"}
PLACES = (
    ("top left", "左上"),
    ("top right", "右上"),
    ("bottom left", "左下"),
    ("bottom right", "右下"),
)
CORNERS = ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8))


@dataclass(frozen=True)
class Case:
    """A picture, a question about it, and what a right answer's first line matches."""

    kind: str
    language: Language
    picture: Image.Image
    question: str
    pattern: str

    def right(self, answer: str) -> bool:
        """Whether the answer is right, judged by its words."""
        return re.search(self.pattern, answer.strip().lower()) is not None


def cases(seed: int) -> Iterator[Case]:
    """Sixty cases."""
    rng = np.random.default_rng(seed)
    for language in ("en", "zh"):
        for kind, count in MIX.items():
            for _ in range(count):
                yield MAKERS[kind](kind, language, rng)


def _picture(scene: Scene) -> Image.Image:
    return Image.fromarray(draw(scene, SIDE))


def _one(rng: np.random.Generator, copies: int = 1) -> tuple[int, Scene]:
    index = int(rng.integers(len(concepts())))
    return index, arrange([(index, copies)], rng, RULES)


def _another(rng: np.random.Generator, index: int) -> int:
    return (index + int(rng.integers(1, len(concepts())))) % len(concepts())


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[rng.integers(len(options))]


def _count(kind: str, language: Language, rng: np.random.Generator) -> Case:
    copies = int(rng.integers(1, 5))
    index, scene = _one(rng, copies)
    thing = concepts()[index]
    questions = (
        (
            f"How many {thing.en_plural} are there?",
            f"Count the {thing.en_plural}.",
            f"How many {thing.en_plural} do you see?",
        )
        if language == "en"
        else (
            f"图里有几{thing.zh_measure}{thing.zh}？",
            f"有多少{thing.zh_measure}{thing.zh}？",
            f"数一数有几{thing.zh_measure}{thing.zh}。",
        )
    )
    # The first number that stands alone: handles such as img-1 and scores such as 0.93 do not count.
    pattern = (
        rf"^(?:(?!(?<![\w.-])\d+(?![\w.])).)*(?<![\w.-]){copies}(?![\w.])"
        if language == "en"
        else rf"^\D*{copies}(?!\d|\.)"
    )
    return Case(kind, language, _picture(scene), _pick(rng, questions), pattern)


def _what(kind: str, language: Language, rng: np.random.Generator) -> Case:
    index, scene = _one(rng)
    questions = (
        ("What is this?", "What do you see in the picture?", "What is in this image?")
        if language == "en"
        else ("这是什么？", "图里有什么？", "你看到了什么？")
    )
    thing = concepts()[index]
    return Case(
        kind, language, _picture(scene), _pick(rng, questions), re.escape(thing.name(language).lower())
    )


def _there(kind: str, language: Language, rng: np.random.Generator) -> Case:
    index, scene = _one(rng, int(rng.integers(1, 4)))
    asked = index if kind == "there" else _another(rng, index)
    thing = concepts()[asked]
    article = "an" if thing.en[0].lower() in "aeiou" else "a"
    questions = (
        (
            f"Is there {article} {thing.en}?",
            f"Do you see any {thing.en_plural}?",
            f"Is there {article} {thing.en} in the picture?",
        )
        if language == "en"
        else (f"图里有{thing.zh}吗？", f"有没有{thing.zh}？", f"你能看到{thing.zh}吗？")
    )
    pattern = (YES if kind == "there" else NO)[language]
    return Case(kind, language, _picture(scene), _pick(rng, questions), pattern)


def _colour(kind: str, language: Language, rng: np.random.Generator) -> Case:
    _, scene = _one(rng, int(rng.integers(1, 4)))
    questions = (
        ("What colour is the background?", "Which color is the background?", "What is the background color?")
        if language == "en"
        else ("背景是什么颜色？", "背景颜色是什么？", "背景是什么颜色的？")
    )
    colour = COLOURS[scene.colour].name(language)
    return Case(
        kind,
        language,
        _picture(scene),
        _pick(rng, questions),
        rf"\b{colour}\b" if language == "en" else colour,
    )


def _where(kind: str, language: Language, rng: np.random.Generator) -> Case:
    index, scene = _one(rng)
    corner = int(rng.integers(4))
    x, y = CORNERS[corner]
    scene = replace(scene, things=(replace(scene.things[0], x=x, y=y, side=0.36),))
    thing = concepts()[index]
    questions = (
        (f"Where is the {thing.en}?", f"Where is the {thing.en} in the picture?")
        if language == "en"
        else (f"{thing.zh}在哪里？", f"{thing.zh}在图片的什么位置？")
    )
    return Case(
        kind, language, _picture(scene), _pick(rng, questions), PLACES[corner][0 if language == "en" else 1]
    )


def _which(kind: str, language: Language, rng: np.random.Generator) -> Case:
    index, scene = _one(rng)
    others = [_another(rng, index) for _ in range(2)]
    names = [concepts()[i].name(language) for i in (index, *others)]
    first, second, third = (names[i] for i in rng.permutation(3))
    questions = (
        (f"Which of these is it: {first}, {second} or {third}?", f"Is it {first}, {second} or {third}?")
        if language == "en"
        else (f"这是{first}、{second}还是{third}？", f"图里是{first}、{second}还是{third}？")
    )
    # The right name comes before any of the others.
    wrong = "|".join(re.escape(name.lower()) for name in names[1:] if name not in names[0])
    pattern = rf"^(?:(?!{wrong}).)*{re.escape(names[0].lower())}"
    return Case(kind, language, _picture(scene), _pick(rng, questions), pattern)


def _fits(kind: str, language: Language, rng: np.random.Generator) -> Case:
    copies = int(rng.integers(1, 5))
    index, scene = _one(rng, copies)
    said = index if kind == "fits" else _another(rng, index)
    sentence = noun_forms(concepts()[said].name(language), copies, language)
    question = (
        f'Does the sentence "{sentence}" fit the picture?'
        if language == "en"
        else f"“{sentence}”这句话符合图片吗？"
    )
    return Case(kind, language, _picture(scene), question, (YES if kind == "fits" else NO)[language])


MAKERS: dict[str, Callable[[str, Language, np.random.Generator], Case]] = {
    "count": _count,
    "what": _what,
    "there": _there,
    "not there": _there,
    "colour": _colour,
    "where": _where,
    "which": _which,
    "fits": _fits,
    "does not fit": _fits,
}
