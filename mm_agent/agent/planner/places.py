"""Parts of a picture a question can name: a corner, an edge, the middle.

A part is a share of the picture's width and height.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mm_agent.prompt_files import Language

Span = tuple[float, float]
_LOW: Span = (0.0, 0.5)
_HIGH: Span = (0.5, 1.0)
_MID: Span = (0.25, 0.75)
_ALL: Span = (0.0, 1.0)


@dataclass(frozen=True)
class Part:
    """``across`` and ``down`` as shares of width and height from 0 to 1, counted from the top left."""

    across: Span
    down: Span
    zh: str

    def holds(self, x: float, y: float) -> bool:
        """Whether a point, as shares of width and height, lies in this part."""
        return _within(x, self.across) and _within(y, self.down)

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """The part in pixels: left, top, right, bottom."""
        (left, right), (top, bottom) = self.across, self.down
        return int(left * width), int(top * height), int(right * width), int(bottom * height)


PLACE_PARTS: dict[str, Part] = {
    "top left": Part(_LOW, _LOW, "左上"),
    "top right": Part(_HIGH, _LOW, "右上"),
    "bottom left": Part(_LOW, _HIGH, "左下"),
    "bottom right": Part(_HIGH, _HIGH, "右下"),
    "left": Part(_LOW, _ALL, "左边"),
    "right": Part(_HIGH, _ALL, "右边"),
    "top": Part(_ALL, _LOW, "上方"),
    "bottom": Part(_ALL, _HIGH, "下方"),
    "centre": Part(_MID, _MID, "中间"),
}

ENGLISH_PLACE = (
    r"(?:(?:top|upper|bottom|lower)[ -](?:left|right)|left|right|top|bottom|centre|center|middle|upper|lower)"
    r"(?:[ -]?hand)?(?: (?:corner|side|half|part|edge|area))?"
)
CHINESE_PLACE = r"(?:左上|右上|左下|右下|左|右|上|下|正?中[间央心]?)(?:角|边|侧|面|方|部|半边|半部分|下角)?"


def part_of(words: str) -> str | None:
    """The key in ``PLACE_PARTS`` that words of either language mean."""
    text = words.lower()
    if re.search(r"中|cent(?:re|er)|middle", text):
        return "centre"
    row = (
        "top" if re.search(r"top|upper|上", text) else "bottom" if re.search(r"bottom|lower|下", text) else ""
    )
    column = "left" if re.search(r"left|左", text) else "right" if re.search(r"right|右", text) else ""
    return f"{row} {column}".strip() or None


def part_words(part: str, language: Language) -> str:
    """A part as a sentence says it."""
    return PLACE_PARTS[part].zh if language == "zh" else part


def point_of(where: str) -> tuple[float, float]:
    """The middle of one of the nine fields such as "top left", as shares of width and height."""
    x = 1 / 6 if "left" in where else 5 / 6 if "right" in where else 0.5
    y = 1 / 6 if "top" in where else 5 / 6 if "bottom" in where else 0.5
    return x, y


def _within(value: float, span: Span) -> bool:
    """Inside a span; its ends belong to it only where the picture ends too."""
    low, high = span
    return (low < value or low == 0) and (value < high or high == 1)
