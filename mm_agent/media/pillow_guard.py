"""Pillow on files from strangers: its warnings kept quiet, its many exceptions turned into ours."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from PIL import Image, UnidentifiedImageError

from mm_agent.errors import MediaDecodeError, MediaError, MediaRefused
from mm_agent.media.words import one_line

_lock = threading.Lock()
_inside = 0
_filters: AbstractContextManager[None] | None = None


@contextmanager
def pillow_guard() -> Iterator[None]:
    """Run Pillow so that only MediaError comes out, whatever the file and whatever the warning filters.

    Pillow warns about damaged metadata and large pictures. Printed, that would break one-line output; turned
    into errors, it would refuse pictures that decode well. Size is for the policy to judge.
    """
    with _quiet():
        try:
            yield
        except MediaError:
            raise
        except Image.DecompressionBombError as error:
            raise MediaRefused(
                f"the picture is larger than Pillow opens ({error}); use a smaller picture"
            ) from error
        except MemoryError as error:
            raise MediaRefused("the picture does not fit into memory; use a smaller picture") from error
        except Exception as error:
            # A decoder fed hostile bytes fails in many ways: OSError, SyntaxError, struct.error, KeyError...
            nameless = isinstance(error, UnidentifiedImageError)  # Pillow would name an object in memory
            reason = "its data cannot be read" if nameless else str(error) or type(error).__name__
            reason = one_line(reason, 160)
            raise MediaDecodeError(f"the picture is damaged: {reason}; save or download it again") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Ignore Pillow's warnings while any thread decodes.

    ``catch_warnings`` swaps a global list, so two threads must not nest it askew: the first in sets the
    filter, the last out takes it away.
    """
    global _inside, _filters
    with _lock:
        if _inside == 0:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _filters is not None:
                _filters.__exit__(None, None, None)
                _filters = None
