"""``mm-agent finetune check``: what is wrong with training data."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mm_agent.cli.common import Call, Verb, common_options, pass_call
from mm_agent.cli.finetune_options import data_argument, split_options, table_options


@click.command(cls=Verb)
@data_argument
@table_options
@split_options
@common_options
@pass_call
def check(
    call: Call,
    data: Path,
    *,
    images: Path | None,
    image_column: str | None,
    label_columns: tuple[str, ...],
    validation: float,
    test: float,
    seed: int,
) -> None:
    """Report missing, damaged and repeated pictures, and the labels' counts.

    DATA is a CSV file (a column of pictures, a 0/1 column a label), a folder with a folder of pictures a
    label, a folder that datasets saved, or JSON lines of pictures with texts. Nothing is changed.
    """
    if data.suffix.lower() in (".jsonl", ".ndjson"):
        from mm_agent.finetune.pairs import check_pairs, pairs_text, read_pairs

        found = check_pairs(read_pairs(data, images))
        call.emit(found.model_dump(), pairs_text(found))
        return
    from mm_agent.finetune.checking import check as check_data
    from mm_agent.finetune.reading import read_labelled
    from mm_agent.finetune.report_text import report_text
    from mm_agent.finetune.rules import shares_of

    labelled = read_labelled(data, images=images, image_column=image_column, label_columns=label_columns)
    shares = shares_of(validation, test)
    if sys.stderr.isatty():
        with click.progressbar(length=len(labelled.samples), label="pictures", file=sys.stderr) as bar:
            report = check_data(labelled, shares, seed=seed, on_picture=lambda: bar.update(1))
    else:
        report = check_data(labelled, shares, seed=seed)
    call.emit(report.model_dump(), report_text(report))
