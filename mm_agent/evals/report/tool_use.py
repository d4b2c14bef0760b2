"""How well an agent picks its tools: precision and recall by name, over turns with expected calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mm_agent.evals.report.run import Result


@dataclass(frozen=True)
class ToolScore:
    """Of one tool: calls made, expected, and both; precision is None when it is not judged."""

    tool: str
    made: int
    expected: int
    both: int
    failed: int
    precision: float | None
    recall: float | None


def tool_scores(results: Sequence[Result]) -> list[ToolScore]:
    """One a tool, by name.

    Precision counts turns whose expectation allows no other calls (strict, unordered, subset); recall those
    that want calls (strict, unordered, superset).
    """
    counts: dict[str, Counter[str]] = {}
    for result in results:
        for name, what in _calls(result):
            counts.setdefault(name, Counter())[what] += 1
    return [_score(tool, counts[tool]) for tool in sorted(counts)]


def _calls(result: Result) -> Iterator[tuple[str, str]]:
    """Tools with what happened to a call of theirs."""
    for turn, record in zip(result.case.turns, result.turns, strict=False):
        yield from ((call.name, "failed") for call in record.calls if call.failed)
        if turn.trajectory is None:
            continue
        made = Counter(call.name for call in record.calls)
        wanted = Counter(call.tool for call in turn.trajectory.calls)
        for name in made.keys() | wanted.keys():
            both = min(made[name], wanted[name])
            yield from (
                (name, what) for what, n in (("made", made), ("wanted", wanted)) for _ in range(n[name])
            )
            if turn.trajectory.match != "superset":
                yield from ((name, "right") for _ in range(both))
                yield from ((name, "extra") for _ in range(made[name] - both))
            if turn.trajectory.match != "subset":
                yield from ((name, "found") for _ in range(both))
                yield from ((name, "missed") for _ in range(wanted[name] - both))


def _score(tool: str, count: Counter[str]) -> ToolScore:
    return ToolScore(
        tool=tool,
        made=count["made"],
        expected=count["wanted"],
        both=max(count["right"], count["found"]),
        failed=count["failed"],
        precision=_ratio(count["right"], count["extra"]),
        recall=_ratio(count["found"], count["missed"]),
    )


def _ratio(good: int, bad: int) -> float | None:
    return good / (good + bad) if good + bad else None
