"""Out of memory, disk full: one line that says what helps; checkpoints stay, and the same command goes on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from mm_agent.errors import FinetuneError
from mm_agent.finetune.rules import FinetuneRules
from mm_agent.finetune.training import last_checkpoint

_FULL = ("No space left", "os error 28", "file write failed", "failed writing file")


@contextmanager
def clear_failures(rules: FinetuneRules, out: Path) -> Iterator[None]:
    """Turn what a machine runs out of into one line.

    Raises:
        FinetuneError: it did.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        knobs = [f"--batch-size {max(1, rules.batch_size // 2)} --accumulate {rules.accumulate * 2}"]
        knobs += [] if rules.checkpointing else ["--checkpointing"]
        knobs += [] if rules.bf16 else ["--bf16"]
        raise FinetuneError(
            f"the GPU has too little memory for {rules.batch_size} pictures at a time; try "
            f"{', '.join(knobs)} and another --out"
        ) from error
    except Exception as error:
        if not is_disk_full(error):
            raise
        kept = last_checkpoint(out / "checkpoints")
        where = f"goes on from {kept.name}" if kept else "starts again"
        raise FinetuneError(
            f"the disk of {out} is full; free some space, then the same command {where}"
        ) from error


def is_disk_full(error: BaseException) -> bool:
    """Whether an error, or what it was raised from, says so; torch and safetensors have their own words."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    if any(words in str(error) for words in _FULL):
        return True
    return error.__cause__ is not None and is_disk_full(error.__cause__)
