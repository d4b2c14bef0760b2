"""``mm-agent compare``: how two pictures differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mm_agent.cli.common import Call, Verb, common_options, language_option, pass_call
from mm_agent.cli.output import PICTURES, OutputFile, check_output, write_picture
from mm_agent.cli.pictures import Opened, open_picture
from mm_agent.errors import VisionError

if TYPE_CHECKING:
    from torch import Tensor

    from mm_agent.vision.comparing import TagContrast


@click.command(cls=Verb)
@click.argument("first")
@click.argument("second")
@click.option(
    "-o",
    "--output",
    type=OutputFile(*PICTURES),
    help="A picture to write: both, with the places that differ.",
)
@language_option
@common_options
@pass_call
def compare(call: Call, first: str, second: str, *, output: Path | None) -> None:
    """Say how alike two pictures are, what only one of them shows, and where they differ.

    The similarity is a cosine: at most 1, no probability. A thing that only moved is no difference.
    """
    if output is not None:
        check_output(output)
    store = call.new_store()
    one, two = open_picture(store, first), open_picture(store, second)
    from mm_agent.vision import comparing

    language = call.language()
    found = comparing.compare(call.encoder, one.image, two.image, language=language)
    if output is not None:
        _draw(output, one, two, found.maps)
    maps = found.maps or (None, None)
    document = {
        "first": {**one.describe(), "only": _tags(found.only_first), "places": _places(one, maps[0])},
        "second": {**two.describe(), "only": _tags(found.only_second), "places": _places(two, maps[1])},
        "both": _tags(found.both),
        "similarity": found.similarity,
        "same": one.item.sha256 == two.item.sha256,
    }
    notice = call.encoder.notice(language)
    call.remark(notice)
    call.emit(
        {
            **document,
            "output": None if output is None else str(output),
            "encoder": call.encoder.fingerprint,
            "notice": notice,
        },
        _text(document),
    )


def _tags(tags: tuple[TagContrast, ...]) -> list[dict[str, Any]]:
    return [{"label": tag.label, "first": tag.first, "second": tag.second} for tag in tags]


def _places(opened: Opened, heat: Tensor | None) -> list[dict[str, Any]] | None:
    """The places that stand out; None when the encoder gives no map."""
    from mm_agent.vision.differences import differences

    if heat is None:
        return None
    return [
        {"handle": opened.item.region(place.box), "box": list(place.box.corners), "strength": place.strength}
        for place in differences(heat, opened.image.size)
    ]


def _draw(output: Path, one: Opened, two: Opened, maps: tuple[Tensor, Tensor] | None) -> None:
    from mm_agent.vision.difference_picture import draw_differences

    if maps is None:
        raise VisionError(
            "this encoder (clip) cannot say where pictures differ; leave out -o, or load a SigLIP"
        )
    captions = (one.item.name, two.item.name)
    write_picture(output, draw_differences(one.image, two.image, maps, captions))


def _text(document: dict[str, Any]) -> str:
    """One fact a line."""
    if document["same"]:
        return "the same picture, pixel for pixel"
    lines = [f"similarity {document['similarity']:.2f}"]
    for side, against in (("first", "second"), ("second", "first")):
        part = document[side]
        tags = [f"{tag['label']} {tag[side]:.1%} (against {tag[against]:.1%})" for tag in part["only"]]
        if tags:
            lines.append(f"only {part['image']}: {', '.join(tags)}")
    if document["both"]:
        lines.append(f"both: {', '.join(tag['label'] for tag in document['both'])}")
    for side in ("first", "second"):
        for place in document[side]["places"] or ():
            box = ",".join(map(str, place["box"]))
            lines.append(f"unmatched in {document[side]['image']}: pixels {box} ({place['strength']:.2f})")
    return "\n".join(lines)
