"""Options that several ways of fine-tuning share, and a YAML file that sets any of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])
COUNT = click.IntRange(min=1)
SHARE = click.FloatRange(0, 1, max_open=True)


def data_argument(function: Function) -> Function:
    """DATA."""
    return click.argument("data", type=click.Path(path_type=Path))(function)


def out_option(function: Function) -> Function:
    """``--out``."""
    kind = click.Path(path_type=Path)
    return click.option(
        "--out", required=True, type=kind, help="The run's folder; must be new, or this run's."
    )(function)


def config_option(function: Function) -> Function:
    """``--config``: a YAML file of options; those on the command line win."""
    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_read_config,
        help="YAML file of options, such as batch_size: 16; the command line wins.",
    )(function)


def _read_config(ctx: click.Context, param: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    known = {_flag_name(option): str(option.name) for option in ctx.command.params if option is not param}
    names = {} if not isinstance(values, dict) else {str(name).replace("-", "_"): name for name in values}
    if not isinstance(values, dict) or (unknown := [name for name in names if name not in known]):
        wrong = unknown[0] if isinstance(values, dict) else "no mapping"
        raise click.BadParameter(f"{path}: {wrong}; write name: value lines of {', '.join(sorted(known))}")
    ctx.default_map = {
        **(ctx.default_map or {}),
        **{known[name]: values[given] for name, given in names.items()},
    }


def _flag_name(option: click.Parameter) -> str:
    """An option's long flag as a name: ``--label-column`` is ``label_column``."""
    flag = max((flag for flag in option.opts), key=len)
    return flag.lstrip("-").replace("-", "_")


def table_options(function: Function) -> Function:
    """How labelled data is read."""
    kind = click.Path(path_type=Path)
    for option in (
        click.option(
            "--label-column",
            "label_columns",
            multiple=True,
            metavar="NAME",
            help="A column of labels; repeatable. Default: those that hold 0 and 1.",
        ),
        click.option(
            "--image-column", metavar="NAME", help="The column of pictures. Default: Image_Name or alike."
        ),
        click.option(
            "--images", type=kind, help="Folder where picture names start. Default: looked for beside DATA."
        ),
    ):
        function = option(function)
    return function


def split_options(function: Function) -> Function:
    """How data without parts of its own is split."""
    for option in (
        click.option("--seed", type=int, default=0, show_default=True, help="The same seed trains the same."),
        click.option("--test", type=SHARE, default=0.15, show_default=True, help="Share that only measures."),
        click.option(
            "--validation",
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            default=0.15,
            show_default=True,
            help="Share that chooses and calibrates.",
        ),
    ):
        function = option(function)
    return function


def training_options(function: Function) -> Function:
    """What every training with gradients has."""
    for option in (
        click.option("--checkpointing", is_flag=True, help="Save memory by computing activations twice."),
        click.option("--bf16/--no-bf16", default=False, show_default=True, help="Compute in bfloat16."),
        click.option("--save-every", type=COUNT, help="Steps between checkpoints. Default: an epoch."),
        click.option(
            "--rate", type=click.FloatRange(0, min_open=True), help="Peak learning rate. Default: by METHOD."
        ),
        click.option("--accumulate", type=COUNT, default=1, show_default=True, help="Batches a step."),
        click.option("--batch-size", type=COUNT, default=32, show_default=True, help="Pictures at a time."),
        click.option(
            "--epochs",
            type=click.FloatRange(0, min_open=True),
            default=5.0,
            show_default=True,
            help="How often the data is read.",
        ),
        click.option(
            "--bad-share",
            type=SHARE,
            default=0.02,
            show_default=True,
            help="Share of rows that may be unusable.",
        ),
    ):
        function = option(function)
    return function
