"""``mm-agent classify``: which labels fit a picture."""

from __future__ import annotations

from typing import Any

import click

from mm_agent.cli.common import (
    Call,
    Verb,
    common_options,
    head_option,
    hush_libraries,
    language_option,
    pass_call,
)
from mm_agent.cli.pictures import Opened, each_picture


@click.command(cls=Verb)
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option("--labels", metavar="A,B,...", help="Labels to choose from; without it, a built-in vocabulary.")
@click.option(
    "--exclusive/--independent",
    default=None,
    help="Labels shut each other out (scores add up to 1), or each is judged by itself.",
)
@click.option(
    "--top-k", type=click.IntRange(min=1), default=5, show_default=True, help="How many labels to show."
)
@head_option
@language_option
@common_options
@pass_call
def classify(
    call: Call, images: tuple[str, ...], *, labels: str | None, exclusive: bool | None, top_k: int
) -> None:
    """Say which labels fit each picture, or that none does; with --head, which of a domain's labels.

    IMAGE is a file, an http(s) address or a data URI.
    """
    if call.settings.head is not None and labels is None:
        _classify_domain(call, images, exclusive=exclusive, top_k=top_k)
        return
    names = _split(labels)
    language = call.language(*(names or []))

    def answer(opened: Opened) -> dict[str, Any]:
        from mm_agent.vision.tagging import classify as score_labels

        found = score_labels(
            call.encoder, opened.image, names, exclusive=exclusive, top_k=top_k, language=language
        )
        rows = [{"label": row.label, "score": row.score, "present": row.present} for row in found]
        return {"labels": rows, "none_of_these": not any(row.present for row in found)}

    results = each_picture(call, images, answer)
    notice = call.encoder.notice(language)
    call.remark(notice)
    call.emit(
        {"images": results, "encoder": call.encoder.fingerprint, "notice": notice},
        "\n".join(_row(result) for result in results if "error" not in result),
    )


def _classify_domain(call: Call, images: tuple[str, ...], *, exclusive: bool | None, top_k: int) -> None:
    """The same with a domain head's labels."""
    if exclusive is not None:
        raise click.UsageError("a domain head knows itself whether its labels exclude each other")
    from mm_agent.serve.session import configured_head

    hush_libraries()
    head = configured_head(call.settings)
    assert head is not None

    def answer(opened: Opened) -> dict[str, Any]:
        rows = [vars(row) for row in head.classify(opened.image, top_k=top_k)]
        return {"labels": rows, "none_of_these": not any(row["present"] for row in rows)}

    results = each_picture(call, images, answer)
    notice = head.config.notice.get(call.language())
    call.remark(notice)
    call.emit(
        {
            "images": results,
            "head": head.config.weights[:16],
            "encoder": head.config.encoder,
            "notice": notice,
        },
        "\n".join(_row(result) for result in results if "error" not in result),
    )


def _split(labels: str | None) -> list[str] | None:
    """Comma-separated labels, ASCII or Chinese commas; each once, in the order given."""
    if labels is None:
        return None
    names = list(
        dict.fromkeys(part.strip() for part in labels.replace("，", ",").replace("、", ",").split(","))
    )
    names = [name for name in names if name]
    if not names:
        raise click.BadParameter("no label given; write for example --labels cat,dog", param_hint="--labels")
    return names


def _row(result: dict[str, Any]) -> str:
    """``name: cat 98.1 %, dog 0.3 %``; labels that are not really there are in brackets."""
    words = [f"{row['label']} {row['score']:.1%}" for row in result["labels"]]
    shown = [
        word if row["present"] else f"({word})" for word, row in zip(words, result["labels"], strict=True)
    ]
    head = "none of these; closest: " if result["none_of_these"] else ""
    return f"{result['image']}: {head}{', '.join(shown)}"
