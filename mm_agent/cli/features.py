"""``mm-agent features``: what the encoder makes of a picture, as tensors in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import click

from mm_agent.cli.common import Call, Verb, common_options, pass_call
from mm_agent.cli.output import OutputFile, check_output
from mm_agent.cli.pictures import Opened, each_picture


@click.command(cls=Verb)
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
@click.option(
    "--kind",
    type=click.Choice(("pooled", "patch")),
    default="pooled",
    show_default=True,
    help="One unit vector a picture, or one vector a patch: (rows, columns, hidden).",
)
@click.option(
    "-o", "--output", type=OutputFile(".safetensors"), required=True, help="The .safetensors file to write."
)
@common_options
@pass_call
def features(call: Call, images: tuple[str, ...], *, kind: Literal["pooled", "patch"], output: Path) -> None:
    """Save the features of pictures as safetensors.

    One tensor a picture, named by its handle; the file's metadata says which encoder made them and which
    picture is which.
    """
    check_output(output)
    tensors: dict[str, Any] = {}

    def answer(opened: Opened) -> dict[str, Any]:
        encoder = call.encoder
        tensor = (
            encoder.embed_images(opened.image) if kind == "pooled" else encoder.patch_features(opened.image)
        )
        if kind == "patch" and tensor.ndim == 4:
            tensor = tensor[0]  # (1, rows, cols, hidden) -> (rows, cols, hidden)
        tensors[opened.item.handle] = tensor.float().contiguous()
        return {"tensor": opened.item.handle, "shape": list(tensor.shape)}

    results = each_picture(call, images, answer)
    fingerprint = call.encoder.fingerprint
    if tensors:
        _write(output, tensors, kind=kind, fingerprint=fingerprint, results=results)
    call.emit(
        {"images": results, "kind": kind, "output": str(output) if tensors else None, "encoder": fingerprint},
        "\n".join(
            [
                *(_row(result) for result in results if "error" not in result),
                *([f"wrote {output}"] if tensors else []),
            ]
        ),
    )


def _write(
    output: Path, tensors: dict[str, Any], *, kind: str, fingerprint: str, results: list[dict[str, Any]]
) -> None:
    """Write all tensors in one step, with their origin as metadata."""
    from safetensors.torch import save

    from mm_agent.media.atomic import write_atomic

    names = {result["tensor"]: result["image"] for result in results if "tensor" in result}
    metadata = {"kind": kind, "encoder": fingerprint, "images": json.dumps(names, ensure_ascii=False)}
    write_atomic(output, save(tensors, metadata))


def _row(result: dict[str, Any]) -> str:
    return f"{result['image']}: {result['tensor']}, shape ({', '.join(map(str, result['shape']))})"
