"""Where a picture stands in a rendered prompt: Qwen-VL's words (arXiv 2409.12191, section 2.1)."""

from __future__ import annotations

MARK = "<|image_pad|>"
"""One a picture; the soft tokens take its place."""

PLACEHOLDER = f"<|vision_start|>{MARK}<|vision_end|>"


def clip_placeholder(times: tuple[float, ...]) -> str:
    """A clip's frames in order, each its time in seconds and a placeholder of its own."""
    return "".join(f"<{time:.1f} s>{PLACEHOLDER}" for time in times)
