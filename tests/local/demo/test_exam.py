"""The exam is fair: what training teaches is marked right, each kind of wrong answer wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from mm_agent.agent import Answer
from mm_agent.agent.answer import ToolUse
from mm_agent.local.demo.exam import GROUPS, KINDS, Case, count_cases, exam
from mm_agent.local.demo.exam.marking import mark
from mm_agent.local.demo.exam.sitting import sit
from mm_agent.local.demo.exam.wording import WORDING
from mm_agent.local.demo.kinds.asking import name_picture, name_video
from mm_agent.local.demo.looks import World
from mm_agent.local.demo.phrasing import PHRASES
from mm_agent.local.demo.talk import Talk, vary
from mm_agent.media.item import MediaItem
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision import SiglipEncoder
from tests.local.demo.clerk import Clerk, as_trained

NOUN = {"x": "zorp", "xs": "zorps", "ax": "a zorp", "m": "个", "n": "4", "s": "zorp", "list": "zorp"}
NAMES = {"one": "img-1", "two": "img-2", "r": "img-7"}


@cache
def taken(kind: str) -> tuple[Case, list[Answer]]:
    """A case in which the encoder sees well, and what comes back when all is done as it was taught."""
    encoder = SiglipEncoder.from_pretrained("demo")
    for case in exam(5, 3, [kind]):
        *before, last = sit(Clerk(case=case, word=as_trained), encoder, case)
        if mark(case, last, before).answered:
            return case, [*before, last]
    raise AssertionError(f"no case of {kind} was answered with the right calls and the taught words")


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_taught_is_marked_right_and_what_is_wrong_in_it_wrong(kind: str) -> None:
    case, (*before, last) = taken(kind)

    def again(text: str = last.text, calls: tuple[ToolUse, ...] = last.tool_calls) -> str:
        got = mark(case, replace(last, text=text, tool_calls=calls), before)
        return " ".join(name for name in ("called", "faithful", "true") if getattr(got, name))

    assert again() == "called faithful true"
    assert again(text="") == "called"
    assert "faithful" not in again(text=f"{last.text} (0.4242)")
    assert "faithful" not in again(text=f"{last.text} (img-9)")
    assert "faithful" not in again(text=f"{last.text} (made-up.png)")
    assert "called" not in again(calls=(*last.tool_calls, ToolUse("locate", {"image": "img-1"}, "", None, 0)))
    if last.tool_calls:
        assert "called" not in again(calls=last.tool_calls[:-1])
        first, *others = last.tool_calls
        assert "called" not in again(calls=(replace(first, name="other"), *others))
        assert "called" not in again(calls=(replace(first, args=first.args | {"more": 1}), *others))
    wrong = {"en": "I see 7 cats there from 90 to 91 s.", "zh": "有七只猫，第 90 到 91 秒。"}[case.language]
    if kind != "not about media":
        assert "true" not in again(text=wrong)


def test_defaults_and_order_do_not_make_a_call_wrong() -> None:
    case, (last,) = taken("both")
    assert mark(case, replace(last, tool_calls=last.tool_calls[::-1])).called
    case, (last,) = taken("features")
    use = last.tool_calls[0]
    assert mark(case, replace(last, tool_calls=(replace(use, args=use.args | {"kind": "pooled"}),))).called
    assert not mark(case, replace(last, tool_calls=(replace(use, args=use.args | {"kind": "patch"}),))).called
    case, (last,) = taken("compare")
    use = last.tool_calls[0]
    swapped = {"image": "img-2", "other": "img-1"}
    assert mark(case, replace(last, tool_calls=(replace(use, args=swapped),))).called


def test_the_counts_of_two_pictures_must_not_be_swapped() -> None:
    case, (last,) = taken("both")
    there = {"img-1": "img-2", "img-2": "img-1"}
    swapped = re.sub(r"img-[12]", lambda found: there[found.group()], last.text)
    assert not mark(case, replace(last, text=swapped)).true


def test_a_kinds_cases_do_not_depend_on_the_others() -> None:
    alone = [case.questions for case in exam(3, 2, ["both"])]
    assert alone == [case.questions for case in exam(3, 2, ["count", "both"]) if case.kind == "both"]
    assert len(alone) == count_cases(2, ["both"]) == 4
    assert [*KINDS] == [kind for makers in GROUPS.values() for kind in makers]


def test_the_agent_takes_each_question_for_its_language() -> None:
    # Of a tool's Latin name and words there may be more than of the Chinese around them.
    for case in exam(11, 4, [kind for kind in KINDS if kind not in GROUPS["other tools"]]):
        assert {detect_language(question) for question in case.questions} == {case.language}


def test_exam_words_are_no_training_phrase() -> None:
    rng = np.random.default_rng(0)
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        kinds, trained = WORDING[language], _trained(language, rng)
        assert len(trained) > 500
        assert not {text for ts in kinds.values() for text in ts if _bare(_fill(text, NAMES)) in trained}


def _trained(language: Language, rng: np.random.Generator) -> set[str]:
    """Many of the training phrases, filled in with a noun and names of pictures and videos."""
    filled: set[str] = set()
    for templates in PHRASES[language].values():
        for template in templates:
            for _ in range(60):
                talk = Talk(World(rng, language, items=_media(int(rng.integers(1, 4)))))
                first, *_, last = talk.world.items
                named = name_video(talk, last) if rng.random() < 0.5 else name_picture(talk, first)
                names = NAMES | {"in": named.here, "this": named.this}
                filled.add(_bare(_fill(vary(template, rng), names)))
    return filled


def _media(pictures: int) -> list[MediaItem]:
    shown = [MediaItem(f"img-{n + 1}", "image", "0" * 64, 9, 9, "a.png") for n in range(pictures)]
    return [*shown, MediaItem("vid-1", "video", "1" * 64, 9, 9, "a.mp4", duration=5.0)]


def _fill(text: str, names: dict[str, str]) -> str:
    for key, value in (NOUN | names).items():
        text = text.replace(f"{{{key}}}", value).replace(f"[{key}]", value)
    return text


def _bare(text: str) -> str:
    """Letters and digits only, so that a comma or a capital letter makes no other question."""
    return re.sub(r"\W", "", text.lower())
