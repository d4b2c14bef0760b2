"""``mm-agent finetune``: training on one's own data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mm_agent.cli.common import Call, Verb, common_options, hush_libraries, pass_call
from mm_agent.cli.finetune_check import check
from mm_agent.cli.finetune_classify import classify
from mm_agent.cli.finetune_contrastive import contrastive
from mm_agent.cli.finetune_export import export

KINDS = ("linear", "mlp", "pixel_shuffle", "resampler", "average_pool")
_COUNT = click.IntRange(min=1)


@click.group()
def finetune() -> None:
    """Train on your own data."""


finetune.add_command(check)
finetune.add_command(classify)
finetune.add_command(contrastive)
finetune.add_command(export)


@finetune.command(cls=Verb)
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The run's folder; OUT/projector is the result.",
)
@click.option(
    "--llm",
    "language_model",
    default="photo",
    show_default=True,
    metavar="FOLDER",
    help="Language model: a folder, a hub id or demo.",
)
@click.option(
    "--images", type=click.Path(path_type=Path), help="Folder where picture paths start. Default: DATA's."
)
@click.option("--start", type=click.Path(path_type=Path), help="A trained projector to go on from.")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="mlp",
    show_default=True,
    help="How patches become soft tokens.",
)
@click.option(
    "--factor",
    type=_COUNT,
    default=2,
    show_default=True,
    help="pixel_shuffle, average_pool: patches a side of a token.",
)
@click.option("--queries", type=_COUNT, default=64, show_default=True, help="resampler: how many tokens.")
@click.option(
    "--layer",
    "vision_layer",
    type=int,
    default=-1,
    show_default=True,
    help="The encoder's layer; -2 as LLaVA.",
)
@click.option(
    "--select",
    type=click.Choice(("patches", "patches_and_pooled")),
    default="patches",
    show_default=True,
    help="What of a picture is projected.",
)
@click.option(
    "--frame-tokens", type=_COUNT, help="Soft tokens of one frame of a clip. Default: as a picture."
)
@click.option(
    "--clip-frames", type=_COUNT, default=8, show_default=True, help="Frames of a clip, spread evenly."
)
@click.option(
    "--train",
    type=click.Choice(("projector", "lora", "all")),
    default="projector",
    show_default=True,
    help="What learns: stage 1, with a LoRA adapter, or with the whole language model.",
)
@click.option("--rank", type=_COUNT, default=16, show_default=True, help="Rank of the LoRA adapter.")
@click.option("--epochs", type=float, default=1.0, show_default=True, help="How often the data is read.")
@click.option("--batch-size", type=_COUNT, default=8, show_default=True, help="Examples at a time.")
@click.option("--accumulate", type=_COUNT, default=1, show_default=True, help="Batches a step.")
@click.option("--rate", type=float, help="Peak learning rate. Default: 1e-3, with LoRA 2e-4, for all 2e-5.")
@click.option("--longest", type=_COUNT, default=2048, show_default=True, help="Tokens of an example at most.")
@click.option(
    "--held-out",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Examples kept back to measure the loss on.",
)
@click.option(
    "--bad-share",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.02,
    show_default=True,
    help="Share of examples that may be unusable.",
)
@click.option("--save-every", type=_COUNT, default=200, show_default=True, help="Steps between checkpoints.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The same seed trains the same projector."
)
@click.option("--bf16/--no-bf16", default=False, show_default=True, help="Compute in bfloat16.")
@click.option("--checkpointing", is_flag=True, help="Save memory by computing activations twice.")
@common_options
@pass_call
def projector(call: Call, out: Path, **options: Any) -> None:
    """Train a projector that turns pictures into soft tokens for a language model.

    DATA is a file of JSON lines, {"image": "cats.png", "conversations": [{"from": "human", "value":
    "<image>\\nHow many cats?"}, {"from": "gpt", "value": "2"}]}, or a folder that datasets saved with these
    columns. A clip is "video" with <video> in its place. A run that was stopped goes on when the same command
    is given again.
    """
    from mm_agent.finetune.projector.rules import Rules

    settings = call.settings
    rules = Rules(vision=settings.vision, **options)
    hush_libraries()
    from mm_agent.finetune.projector.run import train_projector

    folder = train_projector(rules, out, device=settings.device, dtype=settings.dtype, say=call.remark)
    call.emit({"projector": str(folder)}, str(folder))
