"""A case's media as a person would hand them over: bytes and a name, with what is true about them."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from PIL.PngImagePlugin import PngInfo

from mm_agent.errors import EvalError
from mm_agent.evals.suite.medium import Change, ClipSpec, Corners, Medium, Placed, SceneSpec, Truth
from mm_agent.evals.suite.thing import thing_of
from mm_agent.vision.demo.captions import PLACES_EN
from mm_agent.vision.demo.clips import RULES as CLIP_RULES
from mm_agent.vision.demo.clips import DrawnClip, Shot, film_clip
from mm_agent.vision.demo.scenes import Scene, SceneRules, arrange, draw
from mm_agent.vision.vocabulary import COLOURS, concepts

RULES = SceneRules(sides=(0.3, 0.55), angle=15)
_CENTRES = (0.2, 0.5, 0.8)
_PLACED_SIDE = 0.36
_RATE = 10


@dataclass(frozen=True)
class Shown:
    """A medium to hand over; ``truth`` by the key of each thing's concept, ``colour`` in English."""

    source: bytes | Path
    name: str
    is_video: bool
    truth: Mapping[str, Truth]
    colour: str | None = None


def show(medium: Medium, root: Path, place: int) -> Shown:
    """Draw or find a medium.

    Args:
        medium: What the case says.
        root: Where relative paths start.
        place: Which of the case's media it is, from 1; names those that have no name.

    Raises:
        EvalError: Its file is not there.
    """
    known = {_key(name): truth for name, truth in medium.truth.items()}
    if medium.scene is not None:
        data, drawn, colour = _picture(medium.scene, medium.change, medium.comment)
        return Shown(data, medium.name or f"scene-{place}.png", False, {**drawn, **known}, colour)
    if medium.clip is not None:
        data, drawn = _film(medium.clip)
        return Shown(data, medium.name or f"clip-{place}.mp4", True, {**drawn, **known})
    path = root / str(medium.file)
    if not path.is_file():
        raise EvalError(f"no file {path}; paths in a suite start at the suite's own folder")
    is_video = path.suffix.lower() in (".mp4", ".mov", ".mkv", ".webm", ".avi")
    return Shown(path, medium.name or path.name, is_video, known)


def _key(thing: str) -> str:
    concept = thing_of(thing)
    return concept.key if concept else thing.lower()


def truth_of(shown: Shown, thing: str) -> Truth | None:
    """What is known of a thing in a medium; of a drawn one, that there is none counts too."""
    found = shown.truth.get(_key(thing))
    drawn = isinstance(shown.source, bytes)
    return found or (Truth(count=0) if drawn else None)


@lru_cache(maxsize=64)
def _picture(spec: SceneSpec, change: Change, comment: str | None) -> tuple[bytes, dict[str, Truth], str]:
    """A scene as PNG, with the truth about it and its background colour."""
    scene = _scene(spec.things, np.random.default_rng(spec.seed), RULES, spec.background)
    picture = _changed(Image.fromarray(draw(scene, spec.size)), change, spec.seed)
    boxes: dict[str, list[Corners]] = {}
    for thing in scene.things:
        box = _turned(thing.box(spec.size), spec.size, change.rotate)
        boxes.setdefault(concepts()[thing.concept].key, []).append(box)
    known = {key: Truth(count=len(found), regions=tuple(found)) for key, found in boxes.items()}
    info = PngInfo()
    if comment:
        info.add_text("Description", comment)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue(), known, COLOURS[scene.colour].en


@lru_cache(maxsize=16)
def _film(spec: ClipSpec) -> tuple[bytes, dict[str, Truth]]:
    """A clip as MP4, with the moments of each thing."""
    rng = np.random.default_rng(spec.seed)
    shots: list[Shot] = []
    for shot in spec.shots:
        start = shots[-1].end if shots else 0.0
        end = start + round(shot.seconds * _RATE) / _RATE
        shots.append(Shot(start, end, _scene(shot.things, rng, CLIP_RULES, shot.background)))
    clip = DrawnClip(tuple(shots), spec.seed, _RATE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        film_clip(path, clip, side=spec.size)
        data = path.read_bytes()
    return data, {concepts()[index].key: Truth(moments=clip.spans(index)) for index in clip.concepts}


def _scene(
    things: Sequence[Placed], rng: np.random.Generator, rules: SceneRules, background: str | None
) -> Scene:
    """Things anywhere, or at their places."""
    order = [concept.key for concept in concepts()]
    groups = [(order.index(_key(thing.what)), thing.count) for thing in things]
    colour = next((i for i, colour in enumerate(COLOURS) if colour.en == background), None)
    scene = arrange(groups, rng, rules, colour=colour)
    placed = [thing.place for thing in things]
    if not any(placed):
        return scene
    moved = []
    for thing, where in zip(scene.things, placed, strict=True):
        row, column = divmod(PLACES_EN.index(str(where)), 3)
        moved.append(replace(thing, x=_CENTRES[column], y=_CENTRES[row], side=_PLACED_SIDE))
    return replace(scene, things=tuple(moved))


def _changed(picture: Image.Image, change: Change, seed: int) -> Image.Image:
    if change.noise:
        rng = np.random.default_rng((seed, 1))
        noisy = np.asarray(picture, np.float32) + rng.normal(0, change.noise, (*picture.size[::-1], 3))
        picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
    if change.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(change.blur))
    if change.text:
        _write(picture, change.text)
    return picture.rotate(change.rotate, expand=True) if change.rotate else picture


def _write(picture: Image.Image, text: str) -> None:
    """Words in a white bar at the foot of a picture."""
    font = ImageFont.load_default(size=max(12, round(picture.width / max(len(text), 12) * 1.6)))
    brush = ImageDraw.Draw(picture)
    left, top, right, bottom = brush.textbbox((0, 0), text, font=font)
    height = int(bottom - top) + 12
    brush.rectangle((0, picture.height - height, picture.width, picture.height), fill="white")
    across = (picture.width - (right - left)) / 2 - left
    brush.text((across, picture.height - height + 6 - top), text, font=font, fill="black")


def _turned(box: Corners, size: int, degrees: int) -> Corners:
    """Where a box of a square picture lies after turning it against the clock."""
    for _ in range(degrees // 90):
        left, top, right, bottom = box
        box = (top, size - right, bottom, size - left)
    return box
