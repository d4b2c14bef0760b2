"""Token budgets: the least informative lines go first, and what cannot fit says by how much."""

from __future__ import annotations

import re

import pytest

from mm_agent.errors import ProjectionError
from mm_agent.projection.budget import Line, estimate_tokens, fit_lines

LINES = [
    Line("must stay"),
    Line("telling line here", 0.9),
    Line("dull line here", 0.1),
    Line("middling line here", 0.5),
    Line("also must stay"),
]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("cat", 1),
        ("hamburger", 3),
        ("2 cats", 2),
        ("about 2 cats", 5),
        ("0.87", 4),
        ("两只猫", 3),
        ("是。", 2),
        ("é", 2),
        ("a\nb", 3),
    ],
)
def test_the_rule(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_without_need_nothing_is_dropped() -> None:
    whole = "\n".join(line.text for line in LINES)
    assert fit_lines(LINES, max_tokens=None, language="en") == whole
    assert fit_lines(LINES, max_tokens=estimate_tokens(whole), language="en") == whole


def test_lines_go_from_the_dullest_and_the_count_is_said() -> None:
    long = [
        Line(f"line number {letter} {'word ' * 20}".strip(), weight)
        for letter, weight in zip("abc", (0.2, 0.9, 0.5), strict=True)
    ]
    text = fit_lines([Line("head"), *long], max_tokens=40, language="en")
    assert text.splitlines()[0] == "head"
    assert "number b" in text
    assert "number a" not in text
    assert "number c" not in text
    assert text.endswith("(2 less telling lines left out)")


def test_every_budget_is_kept_or_refused_with_the_exact_need() -> None:
    lines = [Line("head of it"), *(Line(f"{'word ' * 12}{index}", index / 10) for index in range(10))]
    full = estimate_tokens("\n".join(line.text for line in lines))
    with pytest.raises(ProjectionError) as refused:
        fit_lines(lines, max_tokens=0, language="en")
    least = int(re.search(r"raise max_tokens to (\d+)", str(refused.value))[1])  # type: ignore[index]
    kept = 0
    for budget in range(full + 1):
        if budget < least:
            with pytest.raises(ProjectionError, match=f"{least - budget} over the budget of {budget};"):
                fit_lines(lines, max_tokens=budget, language="en")
            continue
        text = fit_lines(lines, max_tokens=budget, language="en")
        assert estimate_tokens(text) <= budget
        assert text.startswith("head of it")
        assert text.count("word word") // 6 >= kept
        kept = text.count("word word") // 6
    assert kept == 10


def test_chinese_says_what_was_left_out_in_chinese() -> None:
    lines = [Line("头"), *(Line("很长的一行内容" * 5, 0.1 * index) for index in range(4))]
    assert fit_lines(lines, max_tokens=60, language="zh").endswith("（省略了 3 行次要内容）")
