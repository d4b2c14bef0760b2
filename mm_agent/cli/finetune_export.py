"""``mm-agent finetune export``: a domain head for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mm_agent.cli.common import Call, Verb, common_options, hush_libraries, pass_call

FORMATS = ("onnx", "openvino")


@click.command(cls=Verb)
@click.argument("head", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    default=FORMATS,
    show_default=True,
    help="What to write; repeatable.",
)
@common_options
@pass_call
def export(call: Call, head: Path, *, out: Path, formats: tuple[Any, ...]) -> None:
    """Write a domain head as ONNX and OpenVINO, from pixels to calibrated probabilities.

    Each is compared with torch before it is kept. HEAD is the folder that classify made.
    """
    hush_libraries()
    from mm_agent.finetune.export import export_head
    from mm_agent.vision.domain_head import load_head

    found = export_head(load_head(head, device="cpu"), out, formats)
    lines = [f"{kind}: largest difference from torch {difference:.1e}" for kind, difference in found.items()]
    call.emit({"out": str(out), "largest_difference": found}, "\n".join([*lines, str(out)]))
