"""``mm-agent describe``: what a video shows over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mm_agent.cli.common import Call, Verb, common_options, language_option, pass_call
from mm_agent.cli.output import PICTURES, OutputFile, check_output, write_picture
from mm_agent.cli.videos import OpenedVideo, open_video

if TYPE_CHECKING:
    from mm_agent.vision.clips.timeline import Segment


@click.command(cls=Verb)
@click.argument("video")
@click.option(
    "-o", "--output", type=OutputFile(*PICTURES), help="A picture to write: the timeline, a frame a segment."
)
@language_option
@common_options
@pass_call
def describe(call: Call, video: str, *, output: Path | None) -> None:
    """Say what VIDEO shows over time: segments, their tags, what is new and what is gone.

    VIDEO is a file or an http(s) address.
    """
    if output is not None:
        check_output(output)
    opened = open_video(call, video)
    from mm_agent.vision.clips.plot import draw_timeline
    from mm_agent.vision.clips.timeline import timeline

    language = call.language()
    segments = timeline(call.encoder, opened.clip, language=language)
    if output is not None:
        write_picture(output, draw_timeline(opened.clip, segments))
    rows = [_row(segment, opened) for segment in segments]
    notice = call.encoder.notice(language)
    call.remark(notice)
    call.emit(
        {
            **opened.describe(),
            "segments": rows,
            "output": str(output) if output else None,
            "encoder": call.encoder.fingerprint,
            "notice": notice,
        },
        "\n".join(_line(row) for row in rows),
    )


def _row(segment: Segment, opened: OpenedVideo) -> dict[str, Any]:
    return {
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "frame": opened.item.frame(segment.typical),
        "tags": [{"label": tag.label, "score": tag.score} for tag in segment.tags],
        "appears": list(segment.appears),
        "leaves": list(segment.leaves),
        "change": segment.change,
    }


def _line(row: dict[str, Any]) -> str:
    tags = ", ".join(f"{tag['label']} {tag['score']:.1%}" for tag in row["tags"]) or "nothing recognised"
    news = [f"+{label}" for label in row["appears"]] + [f"-{label}" for label in row["leaves"]]
    changes = f"  ({' '.join(news)})" if news else ""
    return f"{row['start']:>8.2f} s to {row['end']:>8.2f} s  {tags}{changes}"
