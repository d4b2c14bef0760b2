"""All checks of a case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from langchain_core.language_models import BaseChatModel

from mm_agent.evals.judging.evidence import judge_evidence
from mm_agent.evals.judging.llm_judge import judge_by_llm
from mm_agent.evals.judging.record import Check, TurnRecord, verdict
from mm_agent.evals.judging.trajectory import judge_trajectory
from mm_agent.evals.judging.words import abstains, judge_words
from mm_agent.evals.suite.case import Case, Turn
from mm_agent.evals.suite.drawing import Shown
from mm_agent.evals.suite.expected import Limits
from mm_agent.prompt_files import detect_language


def judge_case(
    case: Case, turns: Sequence[TurnRecord], media: Sequence[Shown], *, judge: BaseChatModel | None = None
) -> list[Check]:
    """Check every expectation of a case.

    Args:
        case: What was asked and is expected.
        turns: What came back, one a turn.
        media: What was shown, for its truth.
        judge: A chat model, for rules that need one.

    Raises:
        EvalError: A rule needs a judge and there is none.
    """
    checks = [
        check
        for index, (turn, record) in enumerate(zip(case.turns, turns, strict=True))
        for check in _turn_checks(index, turn, record, media, judge)
    ]
    return checks + list(_limit_checks(len(turns) - 1, case.limits, turns))


def passed(checks: Sequence[Check]) -> bool:
    """A case passes when everything holds."""
    return all(check.passed for check in checks)


def complaints(checks: Sequence[Check]) -> list[str]:
    """What does not hold, one line each; none where the case passes."""
    return [f"turn {check.turn + 1}, {check.aspect}: {check.reason}" for check in checks if not check.passed]


def _turn_checks(
    index: int, turn: Turn, record: TurnRecord, media: Sequence[Shown], judge: BaseChatModel | None
) -> Iterator[Check]:
    for rule in turn.answer:
        found = judge_by_llm(rule.judge, record, judge) if rule.judge else judge_words(rule, record)
        right, value, reason = found
        yield verdict("answer", index, right, f"the answer {reason}", value)
    if turn.trajectory is not None:
        right, value, reason = judge_trajectory(turn.trajectory, record.calls)
        yield verdict("trajectory", index, right, reason, value)
    for rule in turn.evidence:
        right, value, reason = judge_evidence(rule, record, media)
        yield verdict("evidence", index, right, reason, value)
    if turn.grounded:
        made_up = ", ".join(record.unsupported)
        yield verdict("grounded", index, not made_up, f"no tool reported {made_up}")
    if turn.abstain is not None:
        did = abstains(record.text)
        reason = "the answer does not abstain" if turn.abstain else "the answer abstains"
        yield verdict("abstain", index, did is turn.abstain, reason)
    if turn.language is not None:
        said = detect_language(record.text)
        yield verdict("language", index, said == turn.language, f"the answer is in {said}")
    yield from _limit_checks(index, turn.limits, [record])


def _limit_checks(index: int, limits: Limits, records: Sequence[TurnRecord]) -> Iterator[Check]:
    costs = [record.cost for record in records]
    used: dict[str, float | None] = {
        "tool_calls": sum(len(record.calls) for record in records),
        "model_calls": sum(record.model_calls for record in records),
        "tokens": sum(record.tokens for record in records),
        "seconds": sum(record.seconds for record in records),
        "cost": None if None in costs else sum(cost or 0.0 for cost in costs),
    }
    for name, most in limits.model_dump(exclude_none=True).items():
        took = used[name]
        said = "an unknown" if took is None else f"{took:g}"
        yield verdict(
            "limits", index, took is not None and took <= most, f"took {said} {name}, limit {most:g}"
        )
