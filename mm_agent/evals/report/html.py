"""A run as one HTML page that needs nothing beside it: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mm_agent.evals.report.markdown import ratio
from mm_agent.evals.report.run import Run
from mm_agent.evals.report.summary import summarise


def run_html(run: Run) -> str:
    """The whole page; all that a model or a file name says is escaped."""
    summary = summarise(run)
    groups = (
        ("by suite", summary.suites),
        ("by language", summary.languages),
        ("by expectation", summary.aspects),
        ("by category", summary.categories),
    )
    took = (
        ("seconds", summary.seconds, "%.2f"),
        ("seconds to first text", summary.first_text_seconds, "%.2f"),
        ("tokens", summary.tokens, "%.0f"),
    )
    return render_page(
        "run.html.j2",
        title=summary.name,
        summary=summary,
        groups=[(name, shares) for name, shares in groups if shares],
        took=took,
        failures=[result for result in run.results if not result.passed],
    )


def render_page(template: str, **values: Any) -> str:
    """Fill one of the templates beside this file."""
    environment = _environment()
    style, _, _ = environment.loader.get_source(environment, "style.css")  # pyright: ignore[reportOptionalMemberAccess]
    return environment.get_template(template).render(
        style=Markup(style), percent=percent, ratio=ratio, **values
    )


def percent(share: float) -> str:
    """``93.8 %``."""
    return f"{share * 100:.1f} %"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("mm_agent.evals.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["tojson_plain"] = lambda value: json.dumps(value, ensure_ascii=False)
    return made
