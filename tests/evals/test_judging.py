"""Answers, calls and evidence held against what is expected."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
from pydantic import Field

from mm_agent.errors import EvalError
from mm_agent.evals.judging.judge import complaints, judge_case
from mm_agent.evals.judging.overlap import box_iou, set_f1, span_iou
from mm_agent.evals.judging.trajectory import judge_trajectory
from mm_agent.evals.judging.words import abstains, judge_words, named
from mm_agent.evals.suite.drawing import Shown
from mm_agent.evals.suite.expected import AnswerRule, Trajectory
from mm_agent.evals.suite.medium import Truth
from tests.evals.runs import call, case, turn

ANIMALS = ["dog", "hot dog", "cat", "bird"]
PICTURE = Shown(b"", "a.png", False, {"cat": Truth(count=2, regions=((0, 0, 10, 10), (50, 50, 90, 90)))})
CLIP = Shown(b"", "a.mp4", True, {"cat": Truth(moments=((2.0, 5.0),))})


@pytest.mark.parametrize(
    ("rule", "text", "holds"),
    [
        ({"exact": ["two cats", "2 cats"]}, "Two cats.", True),
        ({"exact": "two cats"}, "There are two cats", False),
        ({"number": 2, "of": "cat"}, "I count about 2 cats in img-1 (count_objects, 0.93).", True),
        ({"number": 2, "of": "cat"}, "img-2 has three cats and 2 dogs.", False),
        ({"number": 3, "of": "cat"}, "一张图里大约有三只猫。", True),
        ({"number": 0, "of": "cat"}, "I see no cats in img-1: I count 0 cats.", True),
        ({"number": 12.5, "tolerance": 0.5}, "It lasts 12.3 s.", True),
        ({"number": 12.5, "tolerance": 0.1}, "It lasts 12.3 s.", False),
        ({"contains": ["Red", "blue"]}, "red and BLUE", True),
        ({"contains": ["red", "blue"]}, "red", False),
        ({"regex": r"img-2\b"}, "It is in img-2.", True),
        ({"regex": r"img-2\b"}, "It is in img-21.", False),
        ({"affirms": True}, "Yes, but no dog is there.", True),
        ({"affirms": False}, "No, I see no dog.", True),
        ({"affirms": True}, "没有狗。", False),
        ({"affirms": False}, "I cannot tell.", False),
        ({"choice": "dog", "among": ANIMALS}, "It is a dog, not a cat.", True),
        ({"choice": "dog", "among": ANIMALS}, "A hot dog.", False),
        ({"choice": "dog", "among": ANIMALS}, "A dog or a cat.", False),
        ({"choice": "dog", "among": ANIMALS}, "I cannot tell; perhaps a dog.", False),
        ({"set": ["dog", "cat"], "among": ANIMALS}, "Two cats and a dog.", True),
        ({"set": ["dog", "cat"], "among": ANIMALS}, "A dog.", False),
        ({"set": ["dog", "cat"], "among": ANIMALS, "at_least": 0.6}, "A dog.", True),
        ({"moments": [[2, 5]]}, "You can see it from 2.1 to 5.0 s.", True),
        ({"moments": [[2, 5]]}, "从第 7 到 9 秒。", False),
    ],
)
def test_words(rule: dict[str, Any], text: str, holds: bool) -> None:
    found, value, reason = judge_words(AnswerRule.model_validate(rule), turn(text))
    assert (found, 0 <= value <= 1) == (holds, True)
    assert holds or reason


@pytest.mark.parametrize(
    ("text", "abstained"),
    [
        ("I cannot tell what is in img-1.", True),
        ("I see no cat in img-1.", True),
        ("无法判断。", True),
        ("There is no picture img-7 in this conversation.", True),
        ("I count about 2 cats.", False),
        ("猫在左上角。", False),
        ("", False),
    ],
)
def test_abstaining(text: str, abstained: bool) -> None:
    assert abstains(text) is abstained


def test_names_in_brackets_do_not_count() -> None:
    assert named("It is a cat (dog 0.1).", ANIMALS) == ["cat"]


COUNT = call("count_objects", image="img-1", noun="cats")
LOCATE = call("locate", image="IMG-1@0,0,100,100", query="cat", box=[0, 0, 10, 10])
FRAME = call("locate", image="vid-1@3.5s", query="cat")


@pytest.mark.parametrize(
    ("expected", "made", "holds"),
    [
        (
            {"match": "strict", "calls": [{"tool": "count_objects"}, {"tool": "locate"}]},
            [COUNT, LOCATE],
            True,
        ),
        (
            {"match": "strict", "calls": [{"tool": "count_objects"}, {"tool": "locate"}]},
            [LOCATE, COUNT],
            False,
        ),
        (
            {"match": "unordered", "calls": [{"tool": "locate"}, {"tool": "count_objects"}]},
            [COUNT, LOCATE],
            True,
        ),
        ({"match": "unordered", "calls": [{"tool": "locate"}]}, [COUNT, LOCATE], False),
        ({"match": "superset", "calls": [{"tool": "locate"}]}, [COUNT, LOCATE], True),
        ({"match": "superset", "calls": [{"tool": "match_text"}]}, [COUNT, LOCATE], False),
        ({"match": "subset", "calls": [{"tool": "locate"}, {"tool": "count_objects"}]}, [COUNT], True),
        ({"match": "subset", "calls": [{"tool": "locate"}]}, [COUNT], False),
        ({"match": "unordered", "calls": []}, [COUNT], False),
        ({"match": "unordered", "calls": []}, [], True),
    ],
)
def test_trajectories(expected: dict[str, Any], made: list[Any], holds: bool) -> None:
    assert judge_trajectory(Trajectory.model_validate(expected), made)[0] is holds


@pytest.mark.parametrize(
    ("made", "args", "holds"),
    [
        (COUNT, {"noun": "Cats"}, True),
        (COUNT, {"noun": "dogs"}, False),
        (COUNT, {"noun": {"any_of": ["cat", "cats"]}}, True),
        (COUNT, {"box": "x"}, False),
        (LOCATE, {"image": {"handle": "img-1"}}, True),
        (LOCATE, {"image": {"handle": "img-2"}}, False),
        (LOCATE, {"image": {"region": [0, 0, 100, 90], "at_least": 0.8}}, True),
        (LOCATE, {"image": {"region": [200, 0, 300, 90]}}, False),
        (LOCATE, {"box": {"region": [0, 0, 10, 11]}}, True),
        (FRAME, {"image": {"moment": [3, 5]}}, True),
        (FRAME, {"image": {"moment": [4, 5]}}, False),
        (FRAME, {"query": {"regex": "^c.t$"}}, True),
        (call("classify_image", labels=["猫", "dog"]), {"labels": {"labels": ["dog", "cat"]}}, True),
        (call("classify_image", labels=["bird"]), {"labels": {"labels": ["dog", "cat"]}}, False),
    ],
)
def test_arguments(made: Any, args: dict[str, Any], holds: bool) -> None:
    expected = Trajectory.model_validate({"calls": {"tool": made.name, "args": args}})
    assert judge_trajectory(expected, [made])[0] is holds


def counted(about: int, handle: str = "img-1") -> dict[str, Any]:
    return {"kind": "count", "handle": handle, "noun": "cats", "about": about}


def located(*box: int) -> dict[str, Any]:
    return {"kind": "locations", "handle": "img-1", "query": "cat", "regions": [{"box": list(box)}]}


def seen(start: float, end: float) -> dict[str, Any]:
    return {"kind": "moments", "handle": "vid-1", "query": "猫", "moments": [{"start": start, "end": end}]}


@pytest.mark.parametrize(
    ("rule", "artifact", "holds"),
    [
        ({"kind": "count", "of": "cat"}, counted(2), True),
        ({"kind": "count", "of": "cat"}, counted(3), False),
        ({"kind": "count", "of": "cat", "tolerance": 1}, counted(3), True),
        ({"kind": "count", "of": "cat"}, counted(2, "img-2"), False),
        ({"kind": "count", "of": "dog"}, counted(2), False),
        ({"kind": "region", "of": "cat"}, located(52, 50, 90, 90), True),
        ({"kind": "region", "of": "cat"}, located(20, 20, 40, 40), False),
        ({"kind": "moment", "of": "cat", "at_least": 0.5}, seen(2.5, 5), True),
        ({"kind": "moment", "of": "cat", "at_least": 0.5}, seen(6, 9), False),
    ],
)
def test_evidence(rule: dict[str, Any], artifact: dict[str, Any], holds: bool) -> None:
    asked = case(answer=[], evidence=rule)
    checks = judge_case(asked, [turn("2 cats", call("t", artifact=artifact))], [PICTURE, CLIP])
    assert [check.passed for check in checks] == [holds]


def test_limits_language_grounding_and_reasons() -> None:
    asked = case(answer=[], limits={"tokens": 20}, language="zh", grounded=True)
    record = turn("2 cats", input_tokens=18, output_tokens=5, unsupported=("img-9",))
    checks = judge_case(asked, [record], [])
    assert [(check.aspect, check.passed) for check in checks] == [
        ("grounded", False),
        ("language", False),
        ("limits", False),
    ]
    assert "took 23 tokens, limit 20" in complaints(checks)[-1]


def test_an_unknown_cost_is_over_a_limit_of_cost() -> None:
    checks = judge_case(case(answer=[], limits={"cost": 1.0}), [turn("x", cost=None)], [])
    assert not checks[0].passed


class Judge(GenericFakeChatModel):
    """Says what it is given as structured output."""

    verdict: dict[str, Any] = Field(default={})

    def with_structured_output(self, schema: Any, **_: Any) -> Any:
        def answer(messages: Any) -> dict[str, Any]:
            assert "<criterion>\nis polite" in messages[0]["content"]
            return self.verdict

        return RunnableLambda(answer)


@pytest.mark.parametrize("holds", [True, False])
def test_a_language_model_judges(holds: bool) -> None:
    judge = Judge(messages=iter([AIMessage("")]), verdict={"reasoning": "so it is", "score": holds})
    asked = case(answer={"judge": "is polite"})
    (check,) = judge_case(asked, [turn("Good day!")], [], judge=judge)
    assert (check.passed, "so it is" in check.reason) == (holds, not holds)
    with pytest.raises(EvalError, match="name one with --judge"):
        judge_case(asked, [turn("Good day!")], [])


def test_overlaps() -> None:
    assert set_f1(["Cat", "dog"], ["cat"]) == pytest.approx(2 / 3)
    assert set_f1([], []) == 1
    assert box_iou((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert box_iou((0, 0, 1, 1), (2, 2, 3, 3)) == 0
    assert span_iou([(0, 2)], [(1, 3)]) == pytest.approx(1 / 3)
