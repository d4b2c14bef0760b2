"""``mm-agent frames``: frames of a video that are worth a look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mm_agent.cli.common import Call, Verb, common_options, pass_call
from mm_agent.cli.output import PICTURES, OutputFile, check_output, write_picture
from mm_agent.cli.videos import open_video

if TYPE_CHECKING:
    from mm_agent.vision.clips.frames import Strategy


@click.command(cls=Verb)
@click.argument("video")
@click.option(
    "--strategy",
    type=click.Choice(("scene", "uniform", "fps", "query")),
    default="scene",
    show_default=True,
    help="One frame a scene, frames spread evenly, frames at a pace, or frames where the query fits.",
)
@click.option("-n", "most", type=click.IntRange(1, 64), default=8, show_default=True, help="Frames at most.")
@click.option(
    "--fps",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Frames a second for fps.",
)
@click.option("--query", metavar="TEXT", help="What to look for; scores the frames of any strategy.")
@click.option("-o", "--output", type=OutputFile(*PICTURES), help="A contact sheet to write.")
@common_options
@pass_call
def frames(
    call: Call,
    video: str,
    *,
    strategy: Strategy,
    most: int,
    fps: float,
    query: str | None,
    output: Path | None,
) -> None:
    """Choose frames of VIDEO that are worth a look; frames that look alike are taken once.

    VIDEO is a file or an http(s) address.
    """
    if strategy == "query" and not query:
        raise click.BadParameter("query needs something to look for: --query TEXT", param_hint="--strategy")
    if output is not None:
        check_output(output)
    opened = open_video(call, video)
    from mm_agent.vision.clips.frames import choose_frames, query_scores, without_duplicates
    from mm_agent.vision.clips.sheet import contact_sheet
    from mm_agent.vision.presence import language_of

    clip = opened.clip
    scores = query_scores(call.encoder, clip, query, language=language_of([query])) if query else None
    wanted = choose_frames(clip, strategy=strategy, most=most, fps=fps, scores=scores)
    chosen = without_duplicates(clip, wanted)
    rows = [
        {
            "frame": opened.item.frame(clip.seconds[index]),
            "seconds": clip.seconds[index],
            **({} if scores is None else {"score": float(scores[index])}),
        }
        for index in chosen
    ]
    if output is not None:
        captions = [f"{row['seconds']:.2f} s" for row in rows]
        write_picture(output, contact_sheet([clip.thumb(index) for index in chosen], captions))
    notice = call.encoder.notice(call.language(query or ""))
    call.remark(notice)
    call.emit(
        {
            **opened.describe(),
            "strategy": strategy,
            "query": query,
            "frames": rows,
            "left_out": len(wanted) - len(chosen),
            "output": str(output) if output else None,
            "encoder": call.encoder.fingerprint,
            "notice": notice,
        },
        "\n".join(f"{row['frame']}" + (f"  {row['score']:>6.1%}" if "score" in row else "") for row in rows),
    )
