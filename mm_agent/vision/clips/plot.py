"""A clip over time, drawn: a strip of frames with the moments found, or one row a segment."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from mm_agent.vision import vocabulary
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.clips.moments import Moment, Search
from mm_agent.vision.clips.sheet import FAINT, INK, PAPER, write
from mm_agent.vision.clips.timeline import Segment

_WIDTH, _MARGIN = 960, 44
_STRIP, _CURVE, _ROW = 8, 150, 96
_LINE, _FOUND, _RULE = (52, 102, 178), (253, 226, 160), (214, 214, 210)
_BARS = ((249, 142, 9), (52, 152, 219), (46, 174, 96), (155, 89, 182), (231, 76, 60), (90, 110, 130))


def draw_moments(clip: ClipFeatures, search: Search, *, threshold: float) -> Image.Image:
    """Frames along the top, below them the query's score over time; the moments found are shaded.

    Args:
        clip: features of the clip.
        search: what `find_moments` gave.
        threshold: the presence threshold, drawn as a dashed line.
    """
    span = _WIDTH - 2 * _MARGIN
    frames = [clip.thumb(clip.nearest(clip.duration * (step + 0.5) / _STRIP)) for step in range(_STRIP)]
    cell = span // _STRIP
    height = min(_ROW, round(cell * frames[0].height / frames[0].width))
    top = height + 24
    sheet = Image.new("RGB", (_WIDTH, top + _CURVE + 40), PAPER)
    pen = ImageDraw.Draw(sheet)
    for step, frame in enumerate(frames):
        sheet.paste(_filled(frame, cell - 2, height), (_MARGIN + step * cell + 1, 12))

    def x(seconds: float) -> float:
        return _MARGIN + span * seconds / clip.duration

    def y(score: float) -> float:
        return top + (1 - score) * _CURVE

    for moment in search.moments:
        pen.rectangle((x(moment.start), top, x(moment.end), top + _CURVE), fill=_FOUND)
    for level in (0.0, 0.5, 1.0):
        pen.line((_MARGIN, y(level), _MARGIN + span, y(level)), fill=_RULE)
        write(pen, (_MARGIN - 6, y(level)), f"{level:g}", width=40, colour=FAINT, anchor="rm")
    for start in range(_MARGIN, _MARGIN + span, 12):
        pen.line((start, y(threshold), start + 6, y(threshold)), fill=FAINT)
    pen.line(
        [(x(t), y(s)) for t, s in zip(clip.seconds, search.scores.tolist(), strict=True)], fill=_LINE, width=2
    )
    for moment in search.moments:
        _times(pen, (x(moment.start), x(moment.end), top + 3), moment)
    _axis(pen, top + _CURVE, clip.duration)
    return sheet


def draw_timeline(clip: ClipFeatures, segments: Sequence[Segment]) -> Image.Image:
    """A bar of the whole clip, and for each segment its frame, times and tags.

    Tags are written in English: Chinese ones by their English name, since fonts are not the same everywhere.
    """
    span = _WIDTH - 2 * _MARGIN
    bar, head = 22, 64
    sheet = Image.new("RGB", (_WIDTH, head + len(segments) * (_ROW + 10) + 10), PAPER)
    pen = ImageDraw.Draw(sheet)
    for index, segment in enumerate(segments):
        colour = _BARS[index % len(_BARS)]
        left, right = (_MARGIN + span * edge / clip.duration for edge in (segment.start, segment.end))
        pen.rectangle((left, 12, max(left + 1, right - 1), 12 + bar), fill=colour)
        top = head + index * (_ROW + 10)
        pen.rectangle((_MARGIN, top, _MARGIN + 6, top + _ROW), fill=colour)
        frame = _filled(clip.thumb(clip.nearest(segment.typical)), _ROW * 4 // 3, _ROW)
        sheet.paste(frame, (_MARGIN + 14, top))
        _describe(pen, (_MARGIN + 30 + frame.width, top + 8), segment)
    _axis(pen, 12 + bar, clip.duration)
    return sheet


def _times(pen: ImageDraw.ImageDraw, at: tuple[float, float, float], moment: Moment) -> None:
    """Start and end of a moment at its edges, or both beside it where it is too narrow."""
    left, right, top = at
    if right - left > 80:
        write(pen, (left + 2, top), f"{moment.start:.1f}", width=60)
        write(pen, (right - 2, top), f"{moment.end:.1f}", width=60, anchor="ra")
    else:
        anchor = "la" if right < _WIDTH // 2 else "ra"
        edge = right + 2 if anchor == "la" else left - 2
        write(pen, (edge, top), f"{moment.start:.1f} to {moment.end:.1f}", width=160, anchor=anchor)


def _describe(pen: ImageDraw.ImageDraw, at: tuple[int, int], segment: Segment) -> None:
    width = _WIDTH - _MARGIN - at[0]
    tags = ", ".join(f"{_english(tag.label)} {tag.score:.2f}" for tag in segment.tags)
    write(pen, at, f"{segment.start:.1f} to {segment.end:.1f} s", width=width, colour=FAINT, size=14)
    write(pen, (at[0], at[1] + 24), tags or "nothing recognised", width=width, size=18)
    news = [f"+ {_english(label)}" for label in segment.appears]
    news += [f"- {_english(label)}" for label in segment.leaves]
    write(pen, (at[0], at[1] + 54), "   ".join(news), width=width, colour=FAINT, size=14)


def _english(label: str) -> str:
    concept = vocabulary.find(label)
    return label if concept is None else concept.en


def _filled(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture cut and scaled so that it fills a rectangle."""
    scale = max(width / picture.width, height / picture.height)
    size = (max(width, round(picture.width * scale)), max(height, round(picture.height * scale)))
    large = picture.resize(size, Image.Resampling.LANCZOS)
    left, top = (large.width - width) // 2, (large.height - height) // 2
    return large.crop((left, top, left + width, top + height))


def _axis(pen: ImageDraw.ImageDraw, top: float, duration: float) -> None:
    """Seconds below a plot: about eight round marks."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600)
    step = next((each for each in steps if duration / each <= 9), duration / 8)
    span = _WIDTH - 2 * _MARGIN
    for mark in range(int(duration / step) + 1):
        left = _MARGIN + span * mark * step / duration
        pen.line((left, top, left, top + 4), fill=INK)
        write(pen, (left, top + 6), f"{mark * step:g}", width=60, colour=FAINT, anchor="ma")
    write(pen, (_WIDTH - 6, top + 6), "s", width=20, colour=FAINT, anchor="ra")
