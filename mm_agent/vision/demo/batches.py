"""Endless training batches: scenes, captions with their truth, windows with what they show, counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info
from transformers import SiglipTokenizer

from mm_agent.vision.demo import captions, sprites
from mm_agent.vision.demo.captions import ANY, Claims, Facts
from mm_agent.vision.demo.scenes import MAX_COPIES, Scene, SceneRules, draw, sample_scene
from mm_agent.vision.vocabulary import concepts

PATCH = 8
EDGE = -100
SINGLE_KIND_UNTIL = 0.4


@dataclass(frozen=True)
class Batch:
    """One training step's data. B pictures, T captions."""

    pixels: torch.Tensor  # (B, 3, S, S) float32 in [-1, 1]
    tokens: torch.Tensor  # (T, L) int64
    truth: torch.Tensor  # (B, T) bool
    windows: torch.Tensor  # (B, N) bool, True on the patches of one window a picture
    window_truth: torch.Tensor  # (B, T) +1 shows it, -1 does not, 0 unknown or not a question about presence
    kinds: torch.Tensor  # (B, 2) int64 concept or -1
    counts: torch.Tensor  # (B, 2) int64 or -1
    colours: torch.Tensor  # (B,) int64
    patches: torch.Tensor  # (B, N) int64 concept on each patch, len(concepts()) for background, EDGE
    centres: torch.Tensor  # (B, N) float32 1 where a thing's centre lies mid-patch, less beside it
    count_tokens: torch.Tensor  # (C, 4, L) int64 for the first C pictures: one caption worded with 1, 2, 3, 4


@dataclass(frozen=True)
class BatchRules:
    """How batches are made."""

    picture_size: int
    batch_size: int
    seed: int
    first_step: int
    total_steps: int
    positives: int = 2
    negatives: int = 1
    counted_share: float = 0.5


def curriculum(progress: float) -> SceneRules:
    """Scenes for a share of training done (0..1): large single things first, small crowded ones later."""
    ease = min(max(progress - 0.08, 0.0) / 0.5, 1.0)
    return SceneRules(
        styles=sprites.TRAIN_STYLES,
        max_kinds=1 if progress < SINGLE_KIND_UNTIL else 2,
        max_copies=1 if progress < 0.06 else 4,
        sides=(0.5 - 0.27 * ease, 0.9 - 0.26 * ease),
    )


def varied_share(progress: float) -> float:
    """The share of pictures whose looks are changed; the rest are drawn as users' scenes are."""
    return 0.2 + 0.3 * min(max(progress - 0.45, 0.0) / 0.2, 1.0)


class SceneBatches(IterableDataset):
    """Batches from ``rules.first_step`` on; worker w of W makes steps w, w + W, …, each from its own seed."""

    def __init__(self, rules: BatchRules, tokenizer: SiglipTokenizer) -> None:
        self.rules, self.tokenizer = rules, tokenizer

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        if info:
            torch.set_num_threads(1)
        encode = lru_cache(maxsize=200_000)(self._encode)
        for step in range(self.rules.first_step + worker, self.rules.total_steps, workers):
            yield self._batch(step, encode)

    def _encode(self, text: str) -> list[int]:
        return self.tokenizer(text, padding="max_length", truncation=True)["input_ids"]

    def _batch(self, step: int, encode) -> Batch:
        rules = self.rules
        rng = np.random.default_rng((rules.seed, step))
        progress = step / rules.total_steps
        scene_rules = curriculum(progress)
        scenes = [sample_scene(rng, scene_rules) for _ in range(rules.batch_size)]
        pixels = np.stack(
            [_pixels(scene, rules.picture_size, varied_share(progress), rng) for scene in scenes]
        )
        texts, claims = _captions(scenes, rules, rng)
        facts = Facts.of(scenes)
        counted = scenes[: ceil(rules.counted_share * rules.batch_size)]
        grid = rules.picture_size // PATCH
        windows, shown, unsure = zip(*(_window(scene, grid, rng) for scene in scenes), strict=True)
        return Batch(
            pixels=torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(127.5).sub_(1),
            tokens=torch.tensor([encode(text) for text in texts]),
            truth=torch.from_numpy(captions.truth(facts, claims)),
            windows=torch.from_numpy(np.stack(windows)),
            window_truth=torch.from_numpy(_window_truth(shown, unsure, claims)),
            kinds=torch.from_numpy(facts.kinds),
            counts=torch.from_numpy(facts.counts),
            colours=torch.from_numpy(facts.colours),
            patches=torch.from_numpy(np.stack([_patches(scene, grid) for scene in scenes])),
            centres=torch.from_numpy(np.stack([_centres(scene, grid) for scene in scenes])),
            count_tokens=torch.tensor([[encode(text) for text in _counted(scene, rng)] for scene in counted]),
        )


def _pixels(scene: Scene, size: int, varied: float, rng: np.random.Generator) -> np.ndarray:
    augment = rng if rng.random() < varied else None
    if rng.random() < 0.75:
        return draw(scene, size, augment=augment)
    # Users' pictures are larger and get shrunk: some training pictures are too.
    large = draw(scene, 2 * size, augment=augment)
    return large.reshape(size, 2, size, 2, 3).mean((1, 3)).astype(np.uint8)


def _captions(
    scenes: Sequence[Scene], rules: BatchRules, rng: np.random.Generator
) -> tuple[list[str], list[Claims]]:
    made = []
    for scene in scenes:
        true = [captions.sample_claims(scene, rng) for _ in range(rules.positives)]
        false = [captions.contradict(true[i % len(true)], rng) for i in range(rules.negatives)]
        made += [captions.word(c, "zh" if rng.random() < 0.5 else "en", rng) for c in (*true, *false)]
    return [caption.text for caption in made], [caption.claims for caption in made]


def _counted(scene: Scene, rng: np.random.Generator) -> list[str]:
    """One caption about the scene's first kind, worded alike with each number from one to four."""
    language = "zh" if rng.random() < 0.5 else "en"
    kind, wording = scene.things[0].concept, int(rng.integers(2**31))
    claims = [Claims(first=kind, first_count=count) for count in range(1, MAX_COPIES + 1)]
    return [captions.word(claim, language, np.random.default_rng(wording)).text for claim in claims]


def _window(scene: Scene, grid: int, rng: np.random.Generator) -> tuple[np.ndarray, list[int], list[int]]:
    """A random window: its patches (grid²,) bool, the concepts it shows, and those it half shows."""
    if rng.random() < 0.65:
        thing = scene.things[rng.integers(len(scene.things))]
        side = thing.side * rng.uniform(0.5, 1.3)
        x, y = thing.x + rng.uniform(-0.2, 0.2) * thing.side, thing.y + rng.uniform(-0.2, 0.2) * thing.side
    else:
        side = rng.uniform(0.15, 0.5)
        x, y = rng.uniform(side / 2, 1 - side / 2, 2)
    edges = np.array([x - side / 2, y - side / 2, x + side / 2, y + side / 2]).clip(0, 1)
    left, top = np.minimum(np.floor(edges[:2] * grid + 0.5).astype(int), grid - 1)
    right, bottom = np.maximum(np.floor(edges[2:] * grid + 0.5).astype(int), (left + 1, top + 1))
    mask = np.zeros((grid, grid), bool)
    mask[top:bottom, left:right] = True
    box = np.array([left, top, right, bottom]) / grid
    shown, unsure = [], []
    for thing in scene.things:
        share = _overlap(box, thing)
        (shown if share > 0.5 else unsure if share > 0.12 else []).append(thing.concept)
    return mask.ravel(), shown, unsure


def _patches(scene: Scene, grid: int) -> np.ndarray:
    """What lies on each patch, row by row: (grid²,) a concept, background, or ``EDGE`` when unclear."""
    centres = (np.arange(grid) + 0.5) / grid
    labels = np.full((grid, grid), len(concepts()), np.int64)
    for thing in scene.things:
        # Chebyshev distance from the thing's centre in units of its side: its box ends at 0.5.
        far = np.maximum(abs(centres[None, :] - thing.x), abs(centres[:, None] - thing.y)) / thing.side
        labels[(far < 0.5) & (labels == len(concepts()))] = EDGE
        labels[far < 0.36] = thing.concept
    return labels.ravel()


def _centres(scene: Scene, grid: int) -> np.ndarray:
    """How near each patch is to a thing's centre, row by row: (grid²,) float32, a bump of 0.6 patches."""
    middles = np.arange(grid) + 0.5
    near = np.zeros((grid, grid))
    for thing in scene.things:
        down, across = middles - thing.y * grid, middles - thing.x * grid
        bump = np.exp(-(down[:, None] ** 2 + across[None, :] ** 2) / (2 * 0.6**2))
        near = np.maximum(near, bump)
    return near.ravel().astype(np.float32)


def _overlap(box: np.ndarray, thing) -> float:
    half = thing.side * 0.45
    width = min(box[2], thing.x + half) - max(box[0], thing.x - half)
    height = min(box[3], thing.y + half) - max(box[1], thing.y - half)
    smaller = min((box[2] - box[0]) * (box[3] - box[1]), (2 * half) ** 2)
    return max(width, 0) * max(height, 0) / smaller


def _window_truth(
    shown: Sequence[list[int]], unsure: Sequence[list[int]], claims: Sequence[Claims]
) -> np.ndarray:
    asked = np.array([c.first if c.presence_only else ANY for c in claims])  # (T,)
    truth = np.where(asked == ANY, 0, -1)[None].repeat(len(shown), 0).astype(np.int8)
    for row, (yes, maybe) in enumerate(zip(shown, unsure, strict=True)):
        truth[row, np.isin(asked, maybe)] = 0
        truth[row, np.isin(asked, yes)] = 1
    truth[:, asked == ANY] = 0
    return truth
