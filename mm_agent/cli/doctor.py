"""``mm-agent doctor``: what works here, and how to get the rest."""

from __future__ import annotations

from dataclasses import asdict

import click

from mm_agent.cli import checks
from mm_agent.cli.checks import Check
from mm_agent.cli.common import Call, Verb, common_options, pass_call

SECTIONS = {
    "versions": checks.versions,
    "settings": checks.settings,
    "hardware": checks.hardware,
    "libraries": checks.libraries,
    "plug-ins": checks.plugins,
    "models": checks.models,
    "keys": checks.keys,
}


@click.command(cls=Verb)
@click.option("--network", is_flag=True, help="Also ask the model hub whether it can be reached.")
@common_options
@pass_call
def doctor(call: Call, *, network: bool) -> None:
    """Say what works on this machine, and how to get the rest.

    Exits with 1 when something every command needs is missing. Keys are reported as set or not, never shown.
    """
    sections = SECTIONS | ({"network": checks.reach} if network else {})
    report = {title: list(look(call)) for title, look in sections.items()}
    broken = [check.name for rows in report.values() for check in rows if check.essential and not check.works]
    call.failed = bool(broken)
    call.emit(
        {"works": not broken, "broken": broken}
        | {title: [asdict(check) for check in rows] for title, rows in report.items()},
        "\n\n".join(_section(title, rows) for title, rows in report.items()),
    )


def _section(title: str, rows: list[Check]) -> str:
    """A heading and one line a check: a mark, the name, the detail, and an arrow to the remedy."""
    lines = [click.style(title, bold=True)]
    for check in rows:
        mark = (
            click.style("✓", fg="green")
            if check.works
            else click.style("✗", fg="red" if check.essential else "yellow")
        )
        remedy = f"  → {check.remedy}" if check.remedy else ""
        lines.append(f"  {mark} {check.name:<28}{check.detail}{remedy}".rstrip())
    return "\n".join(lines)
