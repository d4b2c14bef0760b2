"""A check's report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mm_agent.finetune.checking import SHOWN, Report
from mm_agent.finetune.samples import SPLITS

MANY_LABELS = 24
"""Above this the co-occurrence table is too wide for a terminal; the pairs that occur most stand in."""


def report_text(report: Report) -> str:
    """The whole report."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    kind = "exactly one label each" if report.exclusive else "any number of labels each"
    yield f"{report.source}: {report.rows} rows, {report.usable} usable, {kind}"
    parts = [f"{report.parts[part]} {part}" for part in SPLITS if part in report.parts]
    yield f"parts: {', '.join(parts)}"
    for title, found in (
        ("rows that cannot be read", report.bad_rows),
        ("pictures missing", report.missing),
        ("pictures damaged", report.corrupt),
        ("pictures without a label", report.unlabelled),
    ):
        yield from _listed(title, found)
    for title, groups in (
        ("pictures that occur more than once", report.duplicates),
        ("copies with different labels", report.contradictions),
        ("copies in different parts (leaks)", report.leaks),
    ):
        yield from _listed(title, [" = ".join(group) for group in groups])
    yield ""
    yield from _count_table(report)
    if not report.exclusive:
        yield ""
        yield from _together(report)


def _listed(title: str, found: Sequence[str]) -> Iterator[str]:
    if found:
        yield f"{title}: {len(found)}"
        yield from (f"  {line}" for line in found[:SHOWN])
        if len(found) > SHOWN:
            yield f"  … and {len(found) - SHOWN} more (--json lists all)"


def _count_table(report: Report) -> Iterator[str]:
    columns = [part for part in SPLITS if part in report.parts] + ["all"]
    wide = max(map(len, [*report.counts, "label"]))
    yield f"{'label':<{wide}}  " + "  ".join(f"{name:>10}" for name in columns)
    for label, counts in report.counts.items():
        yield f"{label:<{wide}}  " + "  ".join(f"{counts.get(name, 0):>10}" for name in columns)


def _together(report: Report) -> Iterator[str]:
    labels = list(report.counts)
    if len(labels) > MANY_LABELS:
        pairs = [
            (report.together[row][column], labels[row], labels[column])
            for row in range(len(labels))
            for column in range(row)
        ]
        yield "shown together most often:"
        yield from (f"  {first} and {second}: {count}" for count, first, second in sorted(pairs)[:-6:-1])
        return
    wide = max(map(len, labels))
    yield "pictures that show both:"
    yield " " * wide + "".join(f" {number:>4}" for number in range(1, len(labels) + 1))
    for number, (label, row) in enumerate(zip(labels, report.together, strict=True), 1):
        cells = "".join(f" {count if column < number else '':>4}" for column, count in enumerate(row))
        yield f"{label:<{wide}}{cells}  {number}"
