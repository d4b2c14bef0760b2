"""Questions about drawn scenes with the one right answer to each, in English and Chinese.

Answers are short and always written alike, so that right means equal: a number ("3"), the name of a
thing ("cat", 猫), a background colour ("red", 红色), one of nine places ("top left", 左上角), "yes" or "no"
(有, 没有).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from mm_agent.vision.demo.captions import PLACES_EN, PLACES_ZH
from mm_agent.vision.demo.scenes import Scene, SceneRules, Thing, sample_scene
from mm_agent.vision.vocabulary import COLOURS, Concept, Language, concepts

Kind = Literal["how_many", "what", "colour", "where", "is_there"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LANGUAGES: tuple[Language, ...] = ("en", "zh")
CLEAR = 0.04
"""How far from the border between two places a thing's centre is when its place is asked for."""

WORDINGS: dict[Language, dict[Kind, tuple[str, ...]]] = {
    "en": {
        "how_many": (
            "How many {xs} are there?",
            "How many {xs} are in the picture?",
            "How many {xs} do you see?",
            "How many {xs}?",
        ),
        "what": ("What is in the picture?", "What is this?", "What do you see?", "What is shown here?"),
        "colour": (
            "Which colour is the background?",
            "What color is the background?",
            "What colour is behind it?",
        ),
        "where": ("Where is the {x}?", "Where in the picture is the {x}?", "Where do you see the {x}?"),
        "is_there": ("Is there a {x}?", "Is there a {x} in the picture?", "Do you see a {x}?"),
    },
    "zh": {
        "how_many": ("图里有几{m}{x}？", "有几{m}{x}？", "图中有多少{m}{x}？", "能看到几{m}{x}？"),
        "what": ("图里有什么？", "这是什么？", "图中是什么？", "你看到了什么？"),
        "colour": ("背景是什么颜色？", "背景什么颜色？", "图的背景是什么颜色的？"),
        "where": ("{x}在哪里？", "{x}在图的哪里？", "图里的{x}在哪儿？"),
        "is_there": ("图里有{x}吗？", "有{x}吗？", "图中有没有{x}？"),
    },
}
CAPTION: dict[Language, tuple[str, ...]] = {
    "en": ("Describe the picture.", "What does the picture show?"),
    "zh": ("描述这张图。", "说说这张图。"),
}
YES: dict[Language, tuple[str, str]] = {"en": ("no", "yes"), "zh": ("没有", "有")}


@dataclass(frozen=True)
class Question:
    """A question about a scene; ``kind`` None is a caption."""

    kind: Kind | None
    language: Language
    text: str
    answer: str

    def as_turn(self) -> tuple[str, str]:
        """Question and answer as in LLaVA's data."""
        return f"<image>\n{self.text}", self.answer


def ask(scene: Scene, kind: Kind, language: Language, rng: np.random.Generator) -> Question | None:
    """A question of a kind about a scene, or None when it has no one right answer there."""
    counts = scene.counts
    concept, count = list(counts.items())[rng.integers(len(counts))]
    if kind == "how_many":
        answer = str(count)
    elif kind == "what":
        if len(counts) != 1:
            return None
        answer = concepts()[concept].name(language)
    elif kind == "colour":
        answer = COLOURS[scene.colour].name(language)
    elif kind == "where":
        thing = next(thing for thing in scene.things if thing.concept == concept)
        if count != 1 or not _clear(thing):
            return None
        answer = (PLACES_ZH if language == "zh" else PLACES_EN)[thing.place]
    else:
        there = bool(rng.random() < 0.5)
        concept = concept if there else _absent(scene, rng)
        answer = YES[language][there]
    wordings = WORDINGS[language][kind]
    wording = wordings[rng.integers(len(wordings))]
    return Question(kind, language, _fill(wording, concepts()[concept]), answer)


def describe(scene: Scene, language: Language, rng: np.random.Generator) -> Question:
    """All there is, left things first: ``2 cats and 1 dog on blue``, ``蓝色背景，2只猫和1只狗``."""
    wordings = CAPTION[language]
    colour = COLOURS[scene.colour].name(language)
    order = sorted(scene.counts, key=lambda kind: min(t.x for t in scene.things if t.concept == kind))
    things = [(concepts()[kind], scene.counts[kind]) for kind in order]
    if language == "zh":
        text = f"{colour}背景，" + "和".join(f"{count}{one.zh_measure}{one.zh}" for one, count in things)
    else:
        text = " and ".join(f"{count} {one.en if count == 1 else one.en_plural}" for one, count in things)
        text = f"{text} on {colour}"
    return Question(None, language, wordings[rng.integers(len(wordings))], text)


def ask_fresh(
    kind: Kind, language: Language, rng: np.random.Generator, rules: SceneRules
) -> tuple[Scene, Question]:
    """A new scene and a question of a kind that it can answer."""
    while True:
        scene = sample_scene(rng, rules)
        question = ask(scene, kind, language, rng)
        if question is not None:
            return scene, question


def _absent(scene: Scene, rng: np.random.Generator) -> int:
    while True:
        concept = int(rng.integers(len(concepts())))
        if concept not in scene.counts:
            return concept


def _clear(thing: Thing) -> bool:
    return all(abs(value - border) >= CLEAR for value in (thing.x, thing.y) for border in (1 / 3, 2 / 3))


def _fill(wording: str, concept: Concept) -> str:
    text = wording.replace("a {x}", f"{'an' if concept.en[0].lower() in 'aeiou' else 'a'} {{x}}")
    name = concept.en if wording.isascii() else concept.zh
    return text.format(x=name, xs=concept.en_plural, m=concept.zh_measure)
