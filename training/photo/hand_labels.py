"""Presence and pointing on test photographs of Flickr8k that were labelled by hand (`hand_labels.json`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from mm_agent.vision.card import Language
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.heatmap import METHODS, HeatmapMethod, text_heatmap
from mm_agent.vision.presence import presence
from training.photo.kept import Kept
from training.photo.measure import Measurement

FILE = Path(__file__).with_name("hand_labels.json")
_LANGUAGES: tuple[Language, ...] = ("en", "zh")
_Box = Sequence[float]
"""Left, top, right and bottom in 0..1."""


def hand_labelled(encoder: SiglipEncoder, kept: Kept) -> list[Measurement]:
    """Rows for both languages."""
    rows: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    pictures = {e.file: picture for e, picture in zip(kept.examples, kept.pictures, strict=True)}
    found: list[Measurement] = []
    for language in _LANGUAGES:
        found += _presence(encoder, rows, pictures, language)
    for method in METHODS:
        found += [_pointing(encoder, rows, pictures, language, method) for language in _LANGUAGES]
    return found


def _presence(
    encoder: SiglipEncoder,
    rows: Sequence[dict[str, Any]],
    pictures: dict[str, Image.Image],
    language: Language,
) -> Iterator[Measurement]:
    """Yes-or-no questions at the encoder's threshold."""

    def answers(kind: str) -> list[bool]:
        nouns = [
            (pictures[row["file"]], pair[_LANGUAGES.index(language)]) for row in rows for pair in row[kind]
        ]
        found = (presence(encoder, picture, noun, language=language) for picture, noun in nouns)
        return [one.is_kind or one.score >= encoder.presence_threshold for one in found]

    present, absent = answers("present"), answers("absent")
    right, refused = sum(present) / len(present), 1 - sum(absent) / len(absent)
    cases = len(present) + len(absent)
    yield Measurement(f"is it there, balanced, {language}", (right + refused) / 2, cases)
    yield Measurement(f"is it there: present things found, {language}", right, len(present))
    yield Measurement(f"is it there: absent things refused, {language}", refused, len(absent))


def _pointing(
    encoder: SiglipEncoder,
    rows: Sequence[dict[str, Any]],
    pictures: dict[str, Image.Image],
    language: Language,
    method: HeatmapMethod,
) -> Measurement:
    """How often the heat map's peak is in a box of the thing."""
    hits = []
    for row in rows:
        for thing in row["things"]:
            peak = _peak(encoder, pictures[row["file"]], thing[language], language, method)
            hits.append(any(_holds(box, *peak) for box in thing["boxes"]))
    return Measurement(f"pointing, {method}, {language}", sum(hits) / len(hits), len(hits))


def _peak(
    encoder: SiglipEncoder, picture: Image.Image, noun: str, language: Language, method: HeatmapMethod
) -> tuple[float, float]:
    """Centre (x, y) of the warmest patch, in 0..1."""
    templates = encoder.default_templates(language)
    heat = text_heatmap(encoder, picture, noun, method=method, templates=templates)
    row, column = divmod(int(heat.argmax()), heat.shape[1])
    return (column + 0.5) / heat.shape[1], (row + 0.5) / heat.shape[0]


def _holds(box: _Box, x: float, y: float) -> bool:
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom
