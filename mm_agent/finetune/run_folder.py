"""A run's folder: whose it is, and what of the data could not be used."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mm_agent.errors import FinetuneError
from mm_agent.media.atomic import write_atomic

BEFORE_THE_RUN = {"features", "left-out.txt"}
"""What may lie in a folder whose run has not begun: data that was not good enough left it there."""


def check_folder(rules: BaseModel, out: Path) -> None:
    """Check the run's folder before anything is loaded; it is made where it is missing.

    Raises:
        FinetuneError: it holds something else, another run, or cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise FinetuneError(f"{out} is a file; choose another --out")
    if (out / "run.json").is_file():
        _require_same(rules.model_dump(mode="json"), out / "run.json")
    elif out.is_dir() and (foreign := sorted({path.name for path in out.iterdir()} - BEFORE_THE_RUN)):
        raise FinetuneError(f"{out} holds {foreign[0]}, which is of no run; choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FinetuneError(
            f"{out} cannot be made: {error.strerror or error}; choose another --out"
        ) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise FinetuneError(f"{out} cannot be written; choose another --out")


def _require_same(record: dict[str, Any], path: Path) -> None:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FinetuneError(f"{path} cannot be read; choose another --out") from error
    other = [
        f"{name} {known.get(name)!r} there, {value!r} here"
        for name, value in record.items()
        if known.get(name) != value
    ]
    if other:
        raise FinetuneError(
            f"{path.parent} holds a run with other settings ({'; '.join(other)}); choose another --out"
        )


def require_enough(bad: Sequence[str], total: int, share: float, listing: Path) -> None:
    """Write down what is unusable, and stop when it is too much.

    Raises:
        FinetuneError: more than ``share`` of the examples.
    """
    if not bad:
        return
    write_atomic(listing, ("\n".join(bad) + "\n").encode())
    if len(bad) > share * total:
        shown = "; ".join(bad[:3])
        raise FinetuneError(
            f"{len(bad)} of {total} examples cannot be used, more than {share:.0%} ({shown}); all are listed "
            f"in {listing}: mend them, or allow more with --bad-share"
        )
