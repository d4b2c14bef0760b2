"""Questions the demo model was not trained on: drawn pictures of held-out things, asked in other words.

Each case goes through the real agent with the real tools and the real demo encoder. It is answered when the
calls are the expected ones, every score and handle of the answer comes from a tool, and the answer is true of
the scene.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from mm_agent.local.demo.words import held_out, noun_of, pick
from mm_agent.vision.demo.scenes import Scene, SceneRules, arrange, draw
from mm_agent.vision.vocabulary import CHINESE_NUMBERS, COLOURS, Language, concepts, noun_forms

RULES = SceneRules(sides=(0.3, 0.55), angle=15)
SIDE = 320
KINDS = (
    "count", "what", "there", "not there", "colour", "where", "which", "fits", "does not fit",
    "second picture", "unknown handle", "not about media",
)  # fmt: skip
PLACES = (("top left", "左上"), ("top right", "右上"), ("bottom left", "左下"), ("bottom right", "右下"))
CORNERS = ((0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8))
YES = {"en": r"^yes\b", "zh": r"^(有|符合)"}
NO = {"en": r"^no\b", "zh": r"^(没有|不符合)"}
WORDING = {
    "en": {
        "count": (
            "What's the total of {xs} here?",
            "Could you tell how many {xs} the picture holds?",
            "The {xs}: how many?",
        ),
        "what": (
            "What am I looking at?",
            "Name what the picture contains.",
            "Could you say what's in my picture?",
        ),
        "there": (
            "Would you say there is {ax}?",
            "Could there be {ax} in it?",
            "Is {ax} part of the picture?",
        ),
        "colour": (
            "Which hue fills the background?",
            "What's the colour behind everything?",
            "The background: which color?",
        ),
        "where": ("Whereabouts is the {x}?", "Which side is the {x} on?", "Could you find where the {x} is?"),
        "which": ("Which would you pick for this: {list}?", "So, {list}?", "Would you call it {list}?"),
        "fits": ('Could one say "{s}" about this picture?', 'Is this picture well described by "{s}"?'),
        "second picture": (
            "Now for the second picture: how many {xs}?",
            "How many {xs} does the second one have?",
        ),
        "unknown handle": ("How many {xs} does {r} contain?", "The number of {xs} in {r}, please."),
        "not about media": (
            "What time is it in Paris?",
            "Sing a song for me.",
            "How old is the moon?",
            "Recommend a good book.",
        ),
    },
    "zh": {
        "count": ("{x}总共几{m}？", "这里面{x}的总数是多少？", "{x}呢，有几{m}？"),
        "what": ("我这张图是什么内容？", "图上都有些什么？", "说说看，图里是什么东西？"),
        "there": ("图里会不会有{x}？", "里面有{x}没有？", "这张图有{x}么？"),
        "colour": ("背景用的是哪种颜色？", "底色是什么？", "图的背景是啥颜色？"),
        "where": ("{x}位于哪里？", "{x}在图的哪一边？", "能找到{x}在哪吗？"),
        "which": ("你觉得是{list}？", "里面的东西是{list}？", "应该算{list}？"),
        "fits": ("能用“{s}”形容这张图吗？", "说这张图是“{s}”，对不对？"),
        "second picture": ("第二张图里{x}总共几{m}？", "第二张呢，{x}有几{m}？"),
        "unknown handle": ("{r} 里面{x}总共几{m}？", "{r} 里{x}的总数是多少？"),
        "not about media": ("巴黎现在几点？", "给我唱首歌吧。", "月亮多少岁了？", "推荐一本好书。"),
    },
}


@dataclass(frozen=True)
class Case:
    """Pictures, a question, the calls it needs, and what a true answer matches."""

    kind: str
    language: Language
    pictures: tuple[Image.Image, ...]
    question: str
    calls: tuple[tuple[str, dict[str, Any]], ...]
    pattern: str


@dataclass(frozen=True)
class Mark:
    """How a case went."""

    case: Case
    called: bool
    faithful: bool
    true: bool
    answer: str = field(repr=False, default="")

    @property
    def answered(self) -> bool:
        """Called well, said what the tool said, and true."""
        return self.called and self.faithful and self.true


def exam(seed: int, each: int) -> Iterator[Case]:
    """So many cases of each kind in each language."""
    rng = np.random.default_rng(seed)
    for language in ("en", "zh"):
        for kind in KINDS:
            for _ in range(each):
                yield _case(kind, language, rng)


def mark(
    case: Case, answer: str, calls: Sequence[tuple[str, dict[str, Any]]], results: Sequence[str]
) -> Mark:
    """Judge calls and answer."""
    first = answer.strip().split("\n")[0].lower()
    numbers = re.findall(r"(?:img|vid)-\d+(?:@[\d,]+)?|\d+\.\d+", first)
    seen = " ".join(results).lower()
    faithful = all(number in seen for number in numbers) and bool(first)
    return Mark(
        case, tuple(calls) == case.calls, faithful, re.search(case.pattern, first) is not None, answer
    )


def _case(kind: str, language: Language, rng: np.random.Generator) -> Case:
    return MAKERS.get(kind, _count)(kind, language, rng)


def _index(rng: np.random.Generator) -> int:
    return int(pick([i for i, c in enumerate(concepts()) if held_out(c)], rng))


def _other(rng: np.random.Generator, index: int) -> int:
    return int(pick([i for i, c in enumerate(concepts()) if held_out(c) and i != index], rng))


def _picture(scene: Scene) -> Image.Image:
    return Image.fromarray(draw(scene, SIDE))


def _ask(
    kind: str, language: Language, rng: np.random.Generator, index: int | None = None, **more: str
) -> str:
    text = pick(WORDING[language][kind], rng)
    if index is not None:
        noun = noun_of(concepts()[index], language)
        more |= {"x": noun.one, "xs": noun.many, "ax": noun.indefinite, "m": noun.measure}
    for key, value in more.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _said(text: str, index: int, language: Language) -> str:
    noun = noun_of(concepts()[index], language)
    return noun.many if noun.many in text else noun.one


def _count(kind: str, language: Language, rng: np.random.Generator) -> Case:
    copies, index = int(rng.integers(1, 5)), _index(rng)
    picture = _picture(arrange([(index, copies)], rng, RULES))
    text = _ask(kind, language, rng, index, r="img-7")
    word = _said(text, index, language)
    pattern = rf"(?<![\w.-]){copies} " if language == "en" else rf"{CHINESE_NUMBERS[copies]}"
    call = ("count_objects", {"image": "img-1", "noun": word})
    if kind == "second picture":
        first = _picture(arrange([(_other(rng, index), 1)], rng, RULES))
        return Case(
            kind,
            language,
            (first, picture),
            text,
            (("count_objects", {"image": "img-2", "noun": word}),),
            pattern,
        )
    calls = (
        (("count_objects", {"image": "img-7", "noun": word}), call) if kind == "unknown handle" else (call,)
    )
    return Case(kind, language, (picture,), text, calls, pattern)


def _what(kind: str, language: Language, rng: np.random.Generator) -> Case:
    index = _index(rng)
    name = re.escape(concepts()[index].name(language).lower())
    text = _ask(kind, language, rng)
    return Case(
        kind,
        language,
        (_picture(arrange([(index, 1)], rng, RULES)),),
        text,
        (("classify_image", {"image": "img-1"}),),
        name,
    )


def _there(kind: str, language: Language, rng: np.random.Generator) -> Case:
    index = _index(rng)
    asked = index if kind == "there" else _other(rng, index)
    text = _ask("there", language, rng, asked)
    call = ("classify_image", {"image": "img-1", "labels": [_said(text, asked, language)]})
    picture = _picture(arrange([(index, int(rng.integers(1, 4)))], rng, RULES))
    return Case(kind, language, (picture,), text, (call,), (YES if kind == "there" else NO)[language])


def _colour(kind: str, language: Language, rng: np.random.Generator) -> Case:
    scene = arrange([(_index(rng), int(rng.integers(1, 3)))], rng, RULES)
    text = _ask(kind, language, rng)
    return Case(
        kind,
        language,
        (_picture(scene),),
        text,
        (("inspect_region", {"image": "img-1"}),),
        COLOURS[scene.colour].name(language),
    )


def _where(kind: str, language: Language, rng: np.random.Generator) -> Case:
    index, corner = _index(rng), int(rng.integers(4))
    scene = arrange([(index, 1)], rng, RULES)
    x, y = CORNERS[corner]
    scene = replace(scene, things=(replace(scene.things[0], x=x, y=y, side=0.36),))
    text = _ask(kind, language, rng, index)
    call = ("locate", {"image": "img-1", "query": _said(text, index, language)})
    return Case(kind, language, (_picture(scene),), text, (call,), PLACES[corner][language == "zh"])


def _which(kind: str, language: Language, rng: np.random.Generator) -> Case:
    index = _index(rng)
    others: list[int] = []
    while len(others) < 2:
        other = _other(rng, index)
        others += [other] if other not in others else []
    names = [concepts()[i].name(language) for i in (index, *others)]
    order = [names[i] for i in rng.permutation(3)]
    joined = (
        f"{order[0]}, {order[1]} or {order[2]}"
        if language == "en"
        else f"{order[0]}、{order[1]}还是{order[2]}"
    )
    call = ("classify_image", {"image": "img-1", "labels": order, "exclusive": True})
    picture = _picture(arrange([(index, 1)], rng, RULES))
    pattern = rf"^(it is|img-1 里是) ?{re.escape(names[0].lower())}"
    return Case(kind, language, (picture,), _ask(kind, language, rng, list=joined), (call,), pattern)


def _fits(kind: str, language: Language, rng: np.random.Generator) -> Case:
    copies, index = int(rng.integers(1, 5)), _index(rng)
    said = index if kind == "fits" else _other(rng, index)
    sentence = noun_forms(concepts()[said].name(language), copies, language)
    call = ("match_text", {"image": "img-1", "texts": [sentence]})
    picture = _picture(arrange([(index, copies)], rng, RULES))
    text = _ask("fits", language, rng, s=sentence)
    return Case(kind, language, (picture,), text, (call,), (YES if kind == "fits" else NO)[language])


def _refuse(kind: str, language: Language, rng: np.random.Generator) -> Case:
    picture = _picture(arrange([(_index(rng), 1)], rng, RULES))
    pattern = "not a chat bot" if language == "en" else "不是聊天机器人"
    return Case(kind, language, (picture,), _ask(kind, language, rng), (), pattern)


MAKERS: dict[str, Callable[[str, Language, np.random.Generator], Case]] = {
    "what": _what, "there": _there, "not there": _there, "colour": _colour, "where": _where, "which": _which,
    "fits": _fits, "does not fit": _fits, "not about media": _refuse,
}  # fmt: skip
