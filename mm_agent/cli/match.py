"""``mm-agent match``: how well sentences fit a picture."""

from __future__ import annotations

import click

from mm_agent.cli.common import Call, Verb, common_options, pass_call
from mm_agent.cli.pictures import open_picture


@click.command(cls=Verb)
@click.argument("image")
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@common_options
@pass_call
def match(call: Call, image: str, texts: tuple[str, ...]) -> None:
    """Score how well each TEXT fits IMAGE, best first.

    Every text is judged by itself; the scores need not add up to 1.
    """
    opened = open_picture(call.new_store(), image)
    scores = call.encoder.score(opened.image, list(texts)).flatten().tolist()
    rows = sorted(
        ({"text": text, "score": score} for text, score in zip(texts, scores, strict=True)),
        key=lambda row: -row["score"],
    )
    notice = call.encoder.notice(call.language(*texts))
    call.remark(notice)
    call.emit(
        {**opened.describe(), "texts": rows, "encoder": call.encoder.fingerprint, "notice": notice},
        "\n".join(f"{row['score']:>7.1%}  {row['text']}" for row in rows),
    )
