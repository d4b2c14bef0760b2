"""A run as Markdown, for pull requests and terminals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mm_agent.evals.report.run import Result, Run
from mm_agent.evals.report.statistics import Share
from mm_agent.evals.report.summary import Summary, summarise

FAILURES = 20
"""How many are listed."""


def run_markdown(run: Run) -> str:
    """The whole report."""
    summary = summarise(run)
    parts = [f"# {summary.name}", _head(summary), *score_tables(summary), _tools(summary), _took(summary)]
    failures = [result for result in run.results if not result.passed]
    if failures:
        parts += [f"## Failures ({len(failures)})", _failures(failures)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def interval(share: Share) -> str:
    """``93.8 % (88.1 to 96.9)``."""
    return f"{share.mean:.1%} ({share.low * 100:.1f} to {share.high * 100:.1f})".replace("%", " %")


def score_tables(summary: Summary) -> list[str]:
    """Scores by suite, category, language and aspect; a group of one is left out."""
    groups = (
        ("suite", summary.suites),
        ("category", summary.categories),
        ("language", summary.languages),
        ("expectation", summary.aspects),
    )
    return [
        table(
            (name, "cases", "passed (95 % interval)"), [(s.name, str(s.cases), interval(s)) for s in shares]
        )
        for name, shares in groups
        if len(shares) > 1
    ]


def _head(summary: Summary) -> str:
    crashed = f"; {summary.crashed} crashed" if summary.crashed else ""
    partly = "" if summary.complete else "; not every case was asked to its end"
    facts = ", ".join(f"{key} {value}" for key, value in summary.facts.items())
    overall = summary.overall
    return f"**{interval(overall)}** of {overall.cases} cases passed{crashed}{partly}.\n\n{facts}"


def _tools(summary: Summary) -> str:
    if not summary.tools:
        return ""
    rows = [
        (t.tool, str(t.made), str(t.expected), ratio(t.precision), ratio(t.recall), str(t.failed))
        for t in summary.tools
    ]
    return table(("tool", "calls", "expected", "precision", "recall", "failed"), rows)


def ratio(value: float | None) -> str:
    """Two digits, or a dash where nothing is judged."""
    return "–" if value is None else f"{value:.2f}"


def _took(summary: Summary) -> str:
    cost = "unknown" if summary.total_cost is None else f"${summary.total_cost:.4f}"
    rows = [
        (name, *(f"{value:{digits}f}" for value in (s.p50, s.p90, s.p99, s.most)))
        for name, s, digits in (
            ("seconds", summary.seconds, ".2"),
            ("seconds to first text", summary.first_text_seconds, ".2"),
            ("tokens", summary.tokens, ".0"),
        )
    ]
    head = ("a turn takes", "median", "90th percentile", "99th", "most")
    return f"{table(head, rows)}\n\n{summary.total_tokens} tokens in all; cost: {cost}."


def _failures(failures: Sequence[Result]) -> str:
    rows = [
        (
            result.key,
            " / ".join(turn.ask for turn in result.case.turns),
            " / ".join(turn.text for turn in result.turns),
            "; ".join(result.reasons),
        )
        for result in failures[:FAILURES]
    ]
    more = f"\n\nand {len(failures) - FAILURES} more" if len(failures) > FAILURES else ""
    return table(("case", "asked", "answered", "why it fails"), rows) + more


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
