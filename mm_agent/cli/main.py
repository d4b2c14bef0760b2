"""The ``mm-agent`` program: a group that loads a verb only when it is called for."""

from __future__ import annotations

from importlib import import_module

import click

import mm_agent

# In the order a new user meets them; each is a module of this package with a command of the same name.
VERBS = (
    *(
        "chat",
        "classify",
        "match",
        "features",
        "heatmap",
        "locate",
        "compare",
        "frames",
        "moments",
        "describe",
    ),
    *("finetune", "eval", "serve", "doctor"),
)


class LazyGroup(click.Group):
    """A group whose commands live in modules named after them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of ``VERBS``."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module; None for a word that is no verb."""
        if cmd_name not in VERBS:
            return None
        return getattr(import_module(f"mm_agent.cli.{cmd_name}"), cmd_name)


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(mm_agent.__version__, prog_name="mm-agent")
def main() -> None:
    """Ask about pictures: SigLIP looks, an agent answers and names its evidence."""


if __name__ == "__main__":
    main(prog_name="mm-agent")
