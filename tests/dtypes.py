"""Which dtypes a piece of work computes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_hook
from torch.utils._python_dispatch import TorchDispatchMode

_PRODUCTS = {f"aten::{name}" for name in ("mm", "addmm", "bmm", "baddbmm", "linear", "convolution")}


class _Products(TorchDispatchMode):
    def __init__(self, seen: set[torch.dtype]) -> None:
        super().__init__()
        self._seen = seen

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func._schema.name in _PRODUCTS:
            self._seen.add(result.dtype)
        return result


@contextmanager
def product_dtypes() -> Iterator[set[torch.dtype]]:
    """The dtypes of matrix products while the block runs: all of this thread, linear layers of the others."""
    seen: set[torch.dtype] = set()

    def record(module: torch.nn.Module, _: Any, output: Any) -> None:
        if isinstance(module, torch.nn.Linear):
            seen.add(output.dtype)

    hook = register_module_forward_hook(record)
    try:
        with _Products(seen):
            yield seen
    finally:
        hook.remove()
