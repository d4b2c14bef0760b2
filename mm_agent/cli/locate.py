"""``mm-agent locate``: where in a picture a thing is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from mm_agent.cli.common import Call, Verb, common_options, language_option, pass_call
from mm_agent.cli.heatmap import method_option
from mm_agent.cli.output import PICTURES, OutputFile, check_output, write_picture
from mm_agent.cli.pictures import Opened, open_picture

if TYPE_CHECKING:
    from mm_agent.vision.heatmap import HeatmapMethod
    from mm_agent.vision.locating import Location


@click.command(cls=Verb)
@click.argument("image")
@click.option("--query", required=True, metavar="TEXT", help="What to look for.")
@method_option
@click.option(
    "--max-places",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="How many places to name at most.",
)
@click.option(
    "-o", "--output", type=OutputFile(*PICTURES), help="A picture to write: the heat map, and a box each."
)
@language_option
@common_options
@pass_call
def locate(
    call: Call, image: str, *, query: str, method: HeatmapMethod, max_places: int, output: Path | None
) -> None:
    """Say where in IMAGE the query is, best place first, or that it is not there."""
    if output is not None:
        check_output(output)
    opened = open_picture(call.new_store(), image)
    from mm_agent.vision import locating
    from mm_agent.vision.heatmap import text_heatmap
    from mm_agent.vision.overlay import draw_boxes, draw_heatmap
    from mm_agent.vision.presence import language_of, presence

    spoken = language_of([query])
    templates = call.encoder.default_templates(spoken)
    there = presence(call.encoder, opened.image, query, language=spoken)
    target = there.label if there.is_kind else query
    heat = text_heatmap(call.encoder, opened.image, target, method=method, templates=templates)
    found = locating.locate(
        call.encoder, opened.image, target, max_places=max_places, language=spoken, method=method, heat=heat
    )
    if output is not None:
        captions = [f"{rank}: {place.score:.0%}" for rank, place in enumerate(found, start=1)]
        boxes = [place.box for place in found]
        write_picture(output, draw_boxes(draw_heatmap(opened.image, heat), boxes, captions))
    language = call.language(query)
    rows = [_row(place, opened, language) for place in found]
    notice = call.encoder.notice(language)
    call.remark(notice)
    seen_as = target if found and there.is_kind else None
    call.remark(seen_as and f"{query!r} was found as {seen_as!r}, whose scores these are")
    call.emit(
        {
            **opened.describe(),
            "query": query,
            "seen_as": seen_as,
            "method": method,
            "places": rows,
            "output": None if output is None else str(output),
            "encoder": call.encoder.fingerprint,
            "notice": notice,
        },
        "\n".join(_line(row) for row in rows) or f"{query!r} is not in {image}",
    )


def _row(place: Location, opened: Opened, language: Literal["en", "zh"]) -> dict[str, Any]:
    from mm_agent.projection.places import place_at, place_words

    box, (width, height) = place.box, opened.image.size
    where = place_at((box.left + box.right) / 2, (box.top + box.bottom) / 2, width=width, height=height)
    return {
        "handle": opened.item.region(box),
        "where": place_words(where, language),
        "box": list(box.corners),
        "score": place.score,
        "peak": list(place.peak),
    }


def _line(row: dict[str, Any]) -> str:
    return f"{row['score']:>7.1%}  {row['where']}, pixels {','.join(map(str, row['box']))}"
