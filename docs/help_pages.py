"""Write docs/cli.md from the commands' own help; ``make help-pages`` runs it, a test checks for drift."""

from __future__ import annotations

from pathlib import Path

import click

from mm_agent.cli.main import main
from mm_agent.settings import Settings

PAGE = Path(__file__).with_name("cli.md")
WIDTH = 100

HEAD = """\
# The command line

<!-- Written by docs/help_pages.py from the commands' own help; do not edit: run `make help-pages`. -->

Every verb takes `--vision`, `--device`, `--dtype` and `--attn`, and all but `serve` take `--json`. What can
be set on the command line can also be set once, in `MM_AGENT_*` variables or in a TOML file (see
[Settings](#settings)).

- **Output.** The result goes to stdout; remarks, progress bars (on a terminal only) and errors go to stderr.
  With `--json` stdout is exactly one JSON document, also when the call fails: `{"error": "…"}`.
- **Exit codes.** 0: done. 1: an error, one line that says how to fix it; when one picture among several is
  bad, the others are still answered. 2: wrong usage. 130: interrupted with Ctrl-C.
- **Errors with a trace.** Set `MM_AGENT_TRACEBACK=1` to see where an unexpected error came from.
"""

SETTINGS = """\
## Settings

Options win over `MM_AGENT_*` variables, which win over a TOML file, which wins over the profile's defaults.
The file is the one `MM_AGENT_CONFIG` names, else `mm-agent.toml` in the working folder, else
`~/.config/mm-agent/config.toml`. Keys of providers are never settings: they stay in their own variables or
in a private file (see [Chat models](chat-models.md#keys)), and `mm-agent doctor` says which are set.

```toml
profile = "api"
language = "zh"
media_roots = ["~/pictures"]
cache_dir = "~/.cache/mm-agent"
```

| name in the file | variable | default | meaning |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    context = click.Context(main, info_name="mm-agent", terminal_width=WIDTH, **main.context_settings)
    parts = [HEAD, _help("mm-agent", main, context)]
    parts += _subcommands("mm-agent", main, context)
    return "\n".join([*parts, SETTINGS + _settings_rows()])


def _subcommands(path: str, group: click.Group, context: click.Context) -> list[str]:
    """The help of every command of a group, and of the groups inside it."""
    parts = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, terminal_width=WIDTH)
        parts.append(_help(f"{path} {name}", command, inner))
        if isinstance(command, click.Group):
            parts += _subcommands(f"{path} {name}", command, inner)
    return parts


def _settings_rows() -> str:
    """One table row a setting."""
    rows = (
        f"| `{name}` | `MM_AGENT_{name.upper()}` | {_default(field.default)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    return "".join(rows)


def _default(value: object) -> str:
    return "" if value in (None, [], {}) else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _help(title: str, command: click.Command, context: click.Context) -> str:
    lines = [line.rstrip() for line in command.get_help(context).splitlines()]
    return "\n".join([f"## {title}", "", "```text", *lines, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
