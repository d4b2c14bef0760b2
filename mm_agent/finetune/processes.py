"""Several processes of one run, as torchrun or `accelerate launch` start them: one of them writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch.distributed as dist


def join_processes(*, cpu: bool) -> None:
    """Meet the other processes, if this one was started among several."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not dist.is_initialized():
        from accelerate import PartialState

        PartialState(cpu=cpu, backend="gloo" if cpu else None)


def is_main() -> bool:
    """Whether this process is the one that writes."""
    return not dist.is_initialized() or dist.get_rank() == 0


def count_processes() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def main_first() -> Iterator[None]:
    """The main process goes first; what it wrote, the others find."""
    if dist.is_initialized() and not is_main():
        dist.barrier()
    try:
        yield
    finally:
        if dist.is_initialized() and is_main():
            dist.barrier()
