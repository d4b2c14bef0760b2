"""A comparison as Markdown, HTML and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mm_agent.evals.report.comparison import Change, Comparison, Pair
from mm_agent.evals.report.html import render_page
from mm_agent.evals.report.markdown import FAILURES, interval, table


def comparison_markdown(found: Comparison) -> str:
    """Runs in a table, then each against the first."""
    parts = [f"# {' vs '.join(run.name for run in found.runs)}", _runs(found)]
    parts += [_pair(found.runs[0].name, pair) for pair in found.pairs]
    if found.left_out:
        parts.append(f"{len(found.left_out)} cases are not in all runs, or differ, and are left out.")
    return "\n\n".join(parts) + "\n"


def comparison_html(found: Comparison) -> str:
    """One page, with the pictures of what changed."""
    title = " vs ".join(run.name for run in found.runs)
    return render_page("comparison.html.j2", title=title, found=found, rows=rows(found), verdict=verdict)


FORMATS = {
    ".html": comparison_html,
    ".md": comparison_markdown,
    ".json": lambda found: json.dumps(found.document(), ensure_ascii=False, indent=2) + "\n",
}
"""What a comparison's report may end in."""
HEAD = ("run", "passed (95 % interval)", "tokens, median turn", "seconds, median", "90th percentile", "cost")


def rows(found: Comparison) -> list[tuple[str, ...]]:
    """One a run: what it reached and what it took."""
    return [
        (
            run.name,
            interval(share),
            f"{run.tokens.p50:.0f}",
            f"{run.seconds.p50:.2f}",
            f"{run.seconds.p90:.2f}",
            "unknown" if run.total_cost is None else f"${run.total_cost:.4f}",
        )
        for run, share in zip(found.runs, found.shares, strict=True)
    ]


def verdict(first: str, pair: Pair) -> str:
    """One sentence."""
    difference = pair.difference
    said = "is better than" if pair.better else "is worse than" if pair.worse else "cannot be told from"
    low, high = difference.low * 100, difference.high * 100
    return (
        f"{pair.name} {said} {first}: {difference.mean * 100:+.1f} points ({low:+.1f} to {high:+.1f}) "
        f"on {pair.cases} cases, p = {pair.p:.2g} ({pair.test})"
    )


def _runs(found: Comparison) -> str:
    return table(HEAD, rows(found))


def _pair(first: str, pair: Pair) -> str:
    parts = [f"## {pair.name} against {first}", verdict(first, pair) + "."]
    for name, changes in (("Fixed", pair.fixed), ("Broke", pair.broke)):
        if changes:
            parts.append(f"**{name}: {len(changes)}**\n\n{_changes(changes)}")
    return "\n\n".join(parts)


def _changes(changes: Sequence[Change]) -> str:
    cells = [
        (change.key, change.before.case.turns[-1].ask, _said(change, "before"), _said(change, "after"))
        for change in changes[:FAILURES]
    ]
    more = f"\n\nand {len(changes) - FAILURES} more" if len(changes) > FAILURES else ""
    return table(("case", "asked", "before", "after"), cells) + more


def _said(change: Change, when: str) -> str:
    """What was answered, and why that fails if it does."""
    result = change.before if when == "before" else change.after
    text = result.turns[-1].text if result.turns else ""
    return " – ".join([part for part in (text, *result.reasons[:1]) if part])
