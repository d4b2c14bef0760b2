"""``mm-agent heatmap``: where in a picture a text fits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mm_agent.cli.common import Call, Verb, common_options, pass_call
from mm_agent.cli.output import PICTURES, OutputFile, check_output, write_picture
from mm_agent.cli.pictures import open_picture

if TYPE_CHECKING:
    from mm_agent.vision.heatmap import HeatmapMethod

method_option = click.option(
    "--method",
    type=click.Choice(("windows", "legrad")),
    default="windows",
    show_default=True,
    help="How the map is made: without gradients, or with.",
)


@click.command(cls=Verb)
@click.argument("image")
@click.option("--query", required=True, metavar="TEXT", help="What to look for.")
@method_option
@click.option("-o", "--output", type=OutputFile(*PICTURES), required=True, help="The picture to write.")
@common_options
@pass_call
def heatmap(call: Call, image: str, *, query: str, method: HeatmapMethod, output: Path) -> None:
    """Draw where in IMAGE the query fits, over the picture.

    The values of `windows` are probabilities; those of `legrad` only rank the places of this one map.
    """
    check_output(output)
    opened = open_picture(call.new_store(), image)
    from mm_agent.vision.heatmap import text_heatmap
    from mm_agent.vision.overlay import draw_heatmap
    from mm_agent.vision.presence import language_of

    templates = call.encoder.default_templates(language_of([query]))
    heat = text_heatmap(call.encoder, opened.image, query, method=method, templates=templates)  # (rows, cols)
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    peak = [
        int((column + 0.5) * opened.item.width / heat.shape[1]),
        int((row + 0.5) * opened.item.height / heat.shape[0]),
    ]
    write_picture(output, draw_heatmap(opened.image, heat))
    notice = call.encoder.notice(call.language(query))
    call.remark(notice)
    score = float(heat.max())
    fit = f"score {score:.1%}" if method == "windows" else "whether it is there, ask mm-agent locate"
    call.emit(
        {
            **opened.describe(),
            "query": query,
            "method": method,
            "grid": list(heat.shape),
            "peak": peak,
            "score": score if method == "windows" else None,
            "output": str(output),
            "encoder": call.encoder.fingerprint,
            "notice": notice,
        },
        f"wrote {output}: {query!r} fits best at ({peak[0]}, {peak[1]}), {fit}",
    )
