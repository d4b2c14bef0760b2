"""From a path to labelled data: a CSV file, a folder of `datasets`, or folders of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mm_agent.errors import FinetuneError
from mm_agent.finetune.folders import is_saved_dataset, read_picture_folders, read_saved_dataset
from mm_agent.finetune.samples import LabelledData
from mm_agent.finetune.tables import read_table


def read_labelled(
    data: Path,
    *,
    images: Path | None = None,
    image_column: str | None = None,
    label_columns: Sequence[str] = (),
) -> LabelledData:
    """Read labelled pictures.

    Args:
        data: a CSV file, a folder that `datasets` saved, or a folder with a folder a label.
        images: folder where a table's picture names start; None: looked for beside the table.
        image_column: a table's column of pictures; None: found by its name.
        label_columns: the labels' columns; none: found by what they hold.

    Raises:
        FinetuneError: there is no such data, or it does not hold at least two labels.
    """
    if data.is_dir():
        found = (
            read_saved_dataset(data, *label_columns[:1])
            if is_saved_dataset(data)
            else read_picture_folders(data)
        )
    elif data.is_file():
        found = read_table(data, images=images, image_column=image_column, label_columns=label_columns)
    else:
        raise FinetuneError(f"there is no {data}; name a .csv file, a folder a label, or a saved data set")
    if len(found.labels) < 2:
        only = found.labels[0] if found.labels else "none"
        raise FinetuneError(
            f"{data} has one label only ({only}), so there is nothing to tell apart; add pictures of another"
        )
    return found
