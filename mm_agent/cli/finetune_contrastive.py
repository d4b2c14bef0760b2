"""``mm-agent finetune contrastive``: an encoder from pictures with texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mm_agent.cli.common import Call, Verb, common_options, hush_libraries, pass_call
from mm_agent.cli.finetune_options import config_option, data_argument, out_option, training_options


@click.command(cls=Verb)
@data_argument
@out_option
@click.option(
    "--images", type=click.Path(path_type=Path), help="Folder where picture paths start. Default: DATA's."
)
@click.option("--freeze-text", is_flag=True, help="Only the vision tower learns.")
@click.option("--augment/--no-augment", default=True, show_default=True, help="Crop pictures in training.")
@click.option(
    "--validation",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.1,
    show_default=True,
    help="Share of the pictures that only measure.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed trains the same.")
@training_options
@config_option
@common_options
@pass_call
def contrastive(call: Call, out: Path, **options: Any) -> None:
    """Train the encoder further on pictures with texts; OUT/encoder is the result, for --vision.

    DATA is a file of JSON lines, {"image": "cats.png", "text": "two cats on a sofa"}, or a folder that
    datasets saved with these columns. Says what retrieval gained, and warns when zero-shot ability was lost.
    Several processes: torchrun --nproc-per-node N -m mm_agent.cli.main finetune contrastive ...
    """
    settings = call.settings
    hush_libraries()
    from mm_agent.finetune.contrastive.run import ContrastiveRules, train_contrastive
    from mm_agent.finetune.processes import is_main

    rules = ContrastiveRules(vision=settings.vision, **options)
    folder = train_contrastive(rules, out, device=settings.device, say=call.remark)
    if is_main():
        call.emit({"encoder": str(folder)}, str(folder))
