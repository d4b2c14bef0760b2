"""``mm-agent moments``: when a thing can be seen in a video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mm_agent.cli.common import Call, Verb, common_options, pass_call
from mm_agent.cli.output import PICTURES, OutputFile, check_output, write_picture
from mm_agent.cli.videos import OpenedVideo, open_video

if TYPE_CHECKING:
    from mm_agent.vision.clips.moments import Moment


@click.command(cls=Verb)
@click.argument("video")
@click.option("--query", required=True, metavar="TEXT", help="What to look for.")
@click.option(
    "--top-k", type=click.IntRange(min=1), default=5, show_default=True, help="How many moments to name."
)
@click.option(
    "-o", "--output", type=OutputFile(*PICTURES), help="A picture to write: frames and the score over time."
)
@common_options
@pass_call
def moments(call: Call, video: str, *, query: str, top_k: int, output: Path | None) -> None:
    """Say when the query can be seen in VIDEO, best moment first, or that it cannot.

    VIDEO is a file or an http(s) address.
    """
    if output is not None:
        check_output(output)
    opened = open_video(call, video)
    from mm_agent.vision.clips.moments import find_moments
    from mm_agent.vision.clips.plot import draw_moments
    from mm_agent.vision.presence import language_of, presence_in_any

    spoken = language_of([query])
    there = presence_in_any(call.encoder, opened.clip.vectors, query, language=spoken)
    target = there.label if there.is_kind else query
    found = find_moments(call.encoder, opened.clip, target, most=top_k, language=spoken)
    if output is not None:
        write_picture(output, draw_moments(opened.clip, found, threshold=call.encoder.presence_threshold))
    rows = [_row(moment, opened) for moment in found.moments]
    notice = call.encoder.notice(call.language(query))
    call.remark(notice)
    seen_as = target if found.moments and there.is_kind else None
    call.remark(seen_as and f"{query!r} was found as {seen_as!r}, whose scores these are")
    text = "\n".join(_line(row) for row in rows)
    call.emit(
        {
            **opened.describe(),
            "query": query,
            "seen_as": seen_as,
            "moments": rows,
            "best": found.best,
            "output": str(output) if output else None,
            "encoder": call.encoder.fingerprint,
            "notice": notice,
        },
        text or f"{query!r} not found, highest score {found.best:.1%}",
    )


def _row(moment: Moment, opened: OpenedVideo) -> dict[str, Any]:
    return {
        "start": round(moment.start, 3),
        "end": round(moment.end, 3),
        "score": moment.score,
        "frame": opened.item.frame(moment.peak),
    }


def _line(row: dict[str, Any]) -> str:
    return f"{row['start']:>8.2f} s to {row['end']:>8.2f} s  {row['score']:>6.1%}  best frame {row['frame']}"
