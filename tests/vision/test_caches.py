"""The caches forget the right things and never mix pictures up."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from mm_agent.vision.caches import TensorLRU, content_hash


def test_the_oldest_goes_first_and_use_keeps_alive() -> None:
    cache = TensorLRU(max_bytes=3 * 4)
    for name in "abc":
        cache.put(name, torch.ones(1))
    assert cache.get("a") is not None
    cache.put("d", torch.ones(1))
    assert cache.get("b") is None
    assert len(cache) == 3
    cache.put("a", torch.ones(2))  # a larger value under the same key counts once
    assert len(cache) == 2


def test_what_is_larger_than_the_budget_is_not_kept() -> None:
    cache = TensorLRU(max_bytes=8)
    cache.put("big", torch.ones(100))
    assert cache.get("big") is None
    assert len(cache) == 0


def test_the_hash_is_of_pixels_and_shape() -> None:
    pixels = np.arange(24, dtype=np.uint8)
    wide = Image.fromarray(pixels.reshape(2, 4, 3))
    tall = Image.fromarray(pixels.reshape(4, 2, 3))
    assert content_hash(wide) == content_hash(wide.copy())
    assert content_hash(wide) != content_hash(tall)
    other = wide.copy()
    other.putpixel((0, 0), (9, 9, 9))
    assert content_hash(wide) != content_hash(other)
