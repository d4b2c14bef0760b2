"""A benchmark as Markdown and JSON."""

from __future__ import annotations

import json

from mm_agent.evals.report.markdown import table
from mm_agent.evals.zeroshot.benchmark import Benchmark


def benchmark_markdown(found: Benchmark) -> str:
    """The encoder as it comes, then what changing its templates or text rules does."""
    names = list(found.rows[0].metrics)
    rows = [
        (row.templates, row.text_rules, *(f"{row.metrics[name]:.3f}" for name in names)) for row in found.rows
    ]
    head = (
        f"# {found.encoder}: zero-shot {found.task}\n\n{found.pictures} pictures, {found.texts} "
        f"{'captions' if found.task == 'retrieval' else 'labels'}"
    )
    left = f"; {len(found.unusable)} pictures could not be used" if found.unusable else ""
    return f"{head}{left}.\n\n{table(('templates', 'text rules', *names), rows)}\n"


FORMATS = {
    ".md": benchmark_markdown,
    ".json": lambda found: json.dumps(found.document(), ensure_ascii=False, indent=2) + "\n",
}
"""What a benchmark's report may end in."""
