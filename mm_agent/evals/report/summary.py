"""The numbers of a run, as one value that every format of a report shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mm_agent.evals.report.run import Result, Run
from mm_agent.evals.report.statistics import Share, Spread, share, spread
from mm_agent.evals.report.tool_use import ToolScore, tool_scores


@dataclass(frozen=True)
class Summary:
    """Shares of cases that pass, of expectations that hold, tools, and what it took."""

    name: str
    facts: dict[str, str]
    complete: bool
    overall: Share
    suites: list[Share]
    categories: list[Share]
    languages: list[Share]
    aspects: list[Share]
    tools: list[ToolScore]
    crashed: int
    seconds: Spread
    first_text_seconds: Spread
    tokens: Spread
    total_tokens: int
    total_cost: float | None

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def summarise(run: Run) -> Summary:
    """All numbers of a run."""
    turns = [turn for result in run.results for turn in result.turns]
    costs = [turn.cost for turn in turns]
    first = [turn.first_text_seconds for turn in turns if turn.first_text_seconds is not None]
    return Summary(
        name=run.name,
        facts=run.facts,
        complete=run.complete,
        overall=share("all", list(run.scores.values())),
        suites=_shares(run, lambda result: result.suite),
        categories=_shares(run, lambda result: result.case.category),
        languages=_shares(run, lambda result: result.case.spoken),
        aspects=_aspects(run.results),
        tools=tool_scores(run.results),
        crashed=sum(result.error is not None for result in run.results),
        seconds=spread([turn.seconds for turn in turns]),
        first_text_seconds=spread(first),
        tokens=spread([turn.tokens for turn in turns]),
        total_tokens=sum(turn.tokens for turn in turns),
        total_cost=None if None in costs else sum(cost or 0.0 for cost in costs),
    )


def _shares(run: Run, group: Callable[[Result], str]) -> list[Share]:
    """Cases that pass, group by group."""
    groups: dict[str, list[float]] = {}
    for key, results in run.by_case.items():
        groups.setdefault(group(results[0]), []).append(run.scores[key])
    return [share(name, groups[name]) for name in sorted(groups)]


def _aspects(results: Sequence[Result]) -> list[Share]:
    """Expectations that hold, by what they are about; each counts once."""
    groups: dict[str, list[float]] = {}
    for result in results:
        for check in result.checks:
            groups.setdefault(check.aspect, []).append(float(check.passed))
    return [share(name, groups[name]) for name in sorted(groups)]
