"""The drawn pictures: everything that was given is on them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mm_agent.errors import ShapeError
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.clips.moments import find_moments
from mm_agent.vision.clips.plot import draw_moments, draw_timeline
from mm_agent.vision.clips.sheet import contact_sheet
from mm_agent.vision.clips.timeline import timeline


def _has(picture: Image.Image, colour: tuple[int, int, int]) -> int:
    """How many pixels have about this colour."""
    return int((np.abs(np.asarray(picture).astype(int) - colour).max(-1) < 8).sum())


def test_a_contact_sheet_shows_every_picture_once() -> None:
    colours = [(250, 10, 10), (10, 250, 10), (10, 10, 250), (250, 250, 10), (10, 250, 250)]
    pictures = [Image.new("RGB", (160, 90), colour) for colour in colours]
    sheet = contact_sheet(pictures, [f"{second} s 猫" for second in range(5)])
    assert all(_has(sheet, colour) == 160 * 90 for colour in colours)
    with pytest.raises(ShapeError, match="give at least one"):
        contact_sheet([], [])


def test_the_moments_are_shaded_over_time(demo: SiglipEncoder, clip: ClipFeatures) -> None:
    shade = (253, 226, 160)
    found = draw_moments(clip, find_moments(demo, clip, "car"), threshold=demo.presence_threshold)
    columns = (np.abs(np.asarray(found).astype(int) - shade).max(-1) < 8).any(0).nonzero()[0]
    assert columns.min() / found.width == pytest.approx(0.35, abs=0.04)  # second 4 of 12, margins aside
    assert columns.max() / found.width == pytest.approx(0.65, abs=0.04)
    missing = draw_moments(clip, find_moments(demo, clip, "penguin"), threshold=0.5)
    assert _has(missing, shade) < 50


def test_a_timeline_has_a_row_a_segment(demo: SiglipEncoder, clip: ClipFeatures) -> None:
    segments = timeline(demo, clip, language="zh")
    drawn = draw_timeline(clip, segments)
    fewer = draw_timeline(clip, segments[:1])
    assert drawn.height - fewer.height == 106 * (len(segments) - 1)
    assert np.asarray(drawn).std() > 10
