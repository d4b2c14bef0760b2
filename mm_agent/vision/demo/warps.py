"""Paste sprites onto a canvas, with the appearance changes that training uses.

Training on one drawing style teaches stickers, not things; these changes (hue, contrast, grey, flat fill,
outline, blur, elastic and perspective warps) push the model towards shapes that survive a change of style.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mm_agent.media.opencv import cv2

if TYPE_CHECKING:
    from mm_agent.vision.demo.scenes import Thing

# Loader processes run beside torch's threads; OpenCV's own would fight them.
cv2.setNumThreads(0)


def pyramid(sprite: np.ndarray) -> list[np.ndarray]:
    """A straight-alpha (128, 128, 4) uint8 sprite as premultiplied float32 levels of side 128, 64 and 32."""
    level = sprite.astype(np.float32)
    level[..., :3] *= level[..., 3:] / 255
    levels = [level]
    while levels[-1].shape[0] > 32:
        half = cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        levels.append(half.astype(np.float32))
    return levels


def paste(
    canvas: np.ndarray, levels: list[np.ndarray], thing: Thing, augment: np.random.Generator | None
) -> None:
    """Draw one thing onto ``canvas`` (H, W, 3) float32, in place."""
    size = canvas.shape[0]
    side = max(thing.side * size, 2.0)
    level = next((lv for lv in reversed(levels) if lv.shape[0] >= side), levels[0])
    if augment is not None:
        level = vary_sprite(level, augment)
    # The patch of canvas that the turned box can touch.
    reach = int(np.ceil(side * 0.75))
    left, top = int(thing.x * size) - reach, int(thing.y * size) - reach
    target = _corners(thing, side, size, augment) - (left, top)
    edge = level.shape[0] - 1
    source = np.array([[0, 0], [edge, 0], [edge, edge], [0, edge]], np.float32)
    if thing.flip:
        source = source[[1, 0, 3, 2]]
    matrix = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    patch = cv2.warpPerspective(level, matrix, (2 * reach, 2 * reach), flags=cv2.INTER_LINEAR)
    _blend(canvas, patch, left, top)


def _corners(thing: Thing, side: float, size: int, augment: np.random.Generator | None) -> np.ndarray:
    half, turn = side / 2, np.deg2rad(thing.angle)
    box = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    if augment is not None:
        box = box * augment.uniform(0.85, 1.0, 2) + augment.uniform(-0.07, 0.07, (4, 2)) * side
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return box @ rotation + (thing.x * size, thing.y * size)


def _blend(canvas: np.ndarray, patch: np.ndarray, left: int, top: int) -> None:
    size, side = canvas.shape[0], patch.shape[0]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, size), min(top + side, size)
    cut = patch[y0 - top : y1 - top, x0 - left : x1 - left]
    view = canvas[y0:y1, x0:x1]
    view *= 1 - cut[..., 3:] / 255
    view += cut[..., :3]


def vary_sprite(sprite: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A premultiplied (S, S, 4) sprite with a changed look; alpha changes only by outline and warp."""
    out = sprite
    roll = rng.random(8)
    if roll[0] < 0.3:
        out = elastic(out, rng)
    colour, alpha = out[..., :3], out[..., 3:]
    if roll[1] < 0.35:
        colour = turn_hue(colour, rng)
    if roll[2] < 0.10:
        colour = np.repeat(colour.mean(-1, keepdims=True), 3, -1)
    if roll[3] < 0.12:
        fill = alpha / 255 * rng.uniform(0, 255, 3).astype(np.float32)
        share = rng.uniform(0.4, 1.0)
        colour = colour * (1 - share) + fill * share * (0.4 + colour.mean(-1, keepdims=True) / 213)
    if roll[4] < 0.6:
        gain, lift = rng.uniform(0.65, 1.3), rng.uniform(-35, 35)
        colour = colour * np.float32(gain) + alpha / 255 * np.float32(lift)
    out = np.concatenate([colour, alpha], -1, dtype=np.float32)
    if roll[5] < 0.15:
        out = outline(out, rng)
    if roll[6] < 0.2:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 0.03 * out.shape[0])))
    return out


def turn_hue(colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn the colours around the grey axis and change their saturation. (S, S, 3) -> (S, S, 3)."""
    angle = rng.normal(0, 0.7)
    cosine, third = np.cos(angle), 1 / 3
    sine = np.sin(angle) * np.sqrt(third)
    near, far = third * (1 - cosine) + sine, third * (1 - cosine) - sine
    middle = cosine + third * (1 - cosine)
    turn = np.array([[middle, far, near], [near, middle, far], [far, near, middle]])
    saturation = rng.uniform(0.4, 1.4)
    mix = saturation * turn + (1 - saturation) * third
    return np.maximum(colour @ mix.T.astype(np.float32), 0)


def outline(sprite: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put a dark or light line around the drawing. (S, S, 4) -> (S, S, 4)."""
    width = max(1, int(sprite.shape[0] * rng.uniform(0.015, 0.05)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1, 2 * width + 1))
    grown = cv2.dilate(sprite[..., 3], kernel)[..., None]
    shade = np.float32(rng.choice([20.0, 245.0]))
    behind = np.concatenate([np.repeat(grown / 255 * shade, 3, -1), grown], -1)
    return sprite + behind * (1 - sprite[..., 3:] / 255)


def elastic(sprite: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bend the drawing smoothly by up to about 6 % of its side. (S, S, 4) -> (S, S, 4)."""
    side = sprite.shape[0]
    coarse = rng.normal(0, 0.03 * side, (2, 5, 5)).astype(np.float32)
    grid = np.arange(side, dtype=np.float32)
    shift_x, shift_y = (cv2.resize(plane, (side, side), interpolation=cv2.INTER_CUBIC) for plane in coarse)
    return cv2.remap(sprite, grid[None, :] + shift_x, grid[:, None] + shift_y, cv2.INTER_LINEAR)


def vary_picture(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Small changes to the whole picture: brightness, contrast, grain, softness. (H, W, 3) -> (H, W, 3)."""
    out = canvas * np.float32(rng.uniform(0.93, 1.07)) + np.float32(rng.uniform(-8, 8))
    roll = rng.random(2)
    if roll[0] < 0.25:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.3, 0.9)))
    if roll[1] < 0.25:
        out = out + rng.normal(0, rng.uniform(1, 6), out.shape).astype(np.float32)
    return out
