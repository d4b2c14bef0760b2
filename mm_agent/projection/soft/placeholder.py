"""Where a picture stands in a rendered prompt: Qwen-VL's words (arXiv 2409.12191, section 2.1)."""

from __future__ import annotations

MARK = "<|image_pad|>"
"""One a picture; the soft tokens take its place."""

PLACEHOLDER = f"<|vision_start|>{MARK}<|vision_end|>"
