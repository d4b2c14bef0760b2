"""``mm-agent finetune classify``: a domain head from labelled pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mm_agent.cli.common import Call, Verb, common_options, hush_libraries, pass_call
from mm_agent.cli.finetune_options import (
    COUNT,
    config_option,
    data_argument,
    out_option,
    split_options,
    table_options,
    training_options,
)

METHODS = ("linear", "adapter", "lora", "full")


@click.command(cls=Verb)
@data_argument
@out_option
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="linear",
    show_default=True,
    help="linear: a head alone; adapter: a cache of pictures, no training; lora, full: the vision tower too.",
)
@table_options
@split_options
@click.option("--shots", type=COUNT, help="adapter: pictures a label. Default: all.")
@click.option("--rank", type=COUNT, default=16, show_default=True, help="lora: rank of the adapter.")
@click.option(
    "--patience",
    type=COUNT,
    default=3,
    show_default=True,
    help="lora, full: evaluations without a better mAP before stopping.",
)
@click.option("--balance", is_flag=True, help="lora, full: weigh rare labels up.")
@click.option("--augment/--no-augment", default=True, show_default=True, help="lora, full: crop and mirror.")
@training_options
@config_option
@common_options
@pass_call
def classify(call: Call, out: Path, **options: Any) -> None:
    """Train a classifier of your own labels; OUT/head is the result.

    DATA is as for check. The head loads with transformers, labels pictures with mm-agent classify --head, and
    is a tool of the agent with mm-agent chat --head. A run that was stopped goes on when the same command is
    given again.
    """
    from mm_agent.finetune.rules import ClassifyRules

    settings = call.settings
    rules = ClassifyRules(vision=settings.vision, **options)
    hush_libraries()
    from mm_agent.finetune.classifier import train_classifier
    from mm_agent.finetune.processes import is_main

    folder = train_classifier(
        rules,
        out,
        device=settings.device,
        dtype=settings.dtype,
        cache_dir=settings.cache_dir,
        say=call.remark,
    )
    if is_main():
        call.emit({"head": str(folder)}, str(folder))
