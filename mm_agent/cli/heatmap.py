"""``mm-agent heatmap``: where in a picture a text fits."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mm_agent.cli.common import Call, Verb, common_options, pass_call
from mm_agent.cli.output import OutputFile, check_output
from mm_agent.cli.pictures import open_picture

if TYPE_CHECKING:
    from PIL import Image

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


@click.command(cls=Verb)
@click.argument("image")
@click.option("--query", required=True, metavar="TEXT", help="What to look for.")
@click.option("-o", "--output", type=OutputFile(*FORMATS), required=True, help="The picture to write.")
@common_options
@pass_call
def heatmap(call: Call, image: str, *, query: str, output: Path) -> None:
    """Draw where in IMAGE the query fits, over the picture."""
    check_output(output)
    opened = open_picture(call.new_store(), image)
    from mm_agent.vision.heatmap import text_heatmap
    from mm_agent.vision.overlay import draw_heatmap
    from mm_agent.vision.presence import language_of

    templates = call.encoder.default_templates(language_of([query]))
    heat = text_heatmap(call.encoder, opened.image, query, templates=templates)  # (rows, cols)
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    peak = [
        int((column + 0.5) * opened.item.width / heat.shape[1]),
        int((row + 0.5) * opened.item.height / heat.shape[0]),
    ]
    _write(output, draw_heatmap(opened.image, heat))
    notice = call.encoder.notice(call.language(query))
    call.remark(notice)
    call.emit(
        {
            **opened.describe(),
            "query": query,
            "grid": list(heat.shape),
            "peak": peak,
            "score": float(heat.max()),
            "output": str(output),
            "encoder": call.encoder.fingerprint,
            "notice": notice,
        },
        f"wrote {output}: {query!r} fits best at ({peak[0]}, {peak[1]}), score {float(heat.max()):.1%}",
    )


def _write(output: Path, picture: Image.Image) -> None:
    from mm_agent.media.atomic import write_atomic

    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, FORMATS[output.suffix.lower()])
    write_atomic(output, buffer.getvalue())
