"""Small sets, names, maps and a teacher to train on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mm_agent.vision.vocabulary import Concept, Vocabulary
from training.photo.maps import StoredMaps, StoredView
from training.photo.names import Names, read_names
from training.photo.sets import Example, ImageSet
from training.photo.teacher import DIMENSIONS, Teacher
from training.photo.tower_maps import CLASSES, HEAD, LOW, TOKENS

COLOURS = {"red": "红色", "green": "绿色", "blue": "蓝色", "yellow": "黄色"}
THINGS = {"apple": "苹果", "car": "汽车", "dog": "狗狗", "banana": "香蕉"}
RGB = {"red": (220, 30, 30), "green": (40, 170, 60), "blue": (40, 60, 220), "yellow": (240, 220, 40)}


def write_table(folder: Path, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """`name.jsonl`."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def write_squares(folder: Path, *, each: int = 6) -> None:
    """A set `squares`: of each thing, a square of its colour, `each` images; every second one is for val."""
    (folder / "squares").mkdir(parents=True)
    rows = []
    for (thing, chinese), (colour, colour_zh) in zip(THINGS.items(), COLOURS.items(), strict=True):
        for number in range(each):
            file = f"{thing}{number}.png"
            picture = Image.new("RGB", (40, 40), "white")
            picture.paste(RGB[colour], (4 + number, 6, 28 + number, 30))
            picture.save(folder / "squares" / file)
            row = {"file": file, "captions": [f"A {colour} {thing}.", f"This {thing} is {colour}."]}
            row |= {"captions_zh": [f"{colour_zh}的{chinese}。"], "split": "val" if number % 2 else "train"}
            rows.append(row)
    write_table(folder, "squares", rows)


def image_set(*examples: dict[str, Any], name: str = "toy") -> ImageSet:
    """A set without images."""
    rows = ({"file": f"{number}.jpg", **example} for number, example in enumerate(examples))
    return ImageSet(name, Path(), tuple(Example(**row) for row in rows))


def concept(key: str, zh: str, *, parent: str = "", group: str = "thing", also: str = "") -> Concept:
    """A concept that is spelt as its key."""
    return Concept(key, key, f"{key}s", zh, "个", tuple(also.split()), parent, group)


def names(*concepts: Concept) -> Names:
    """Of a vocabulary of these."""
    return read_names(Vocabulary(concepts), None, None)


def hashed_vectors(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors (M, 384): sums of a fixed random vector of every word or Chinese character."""
    return np.stack([_hashed(text) for text in texts]) if texts else np.zeros((0, DIMENSIONS), np.float32)


def _hashed(text: str) -> np.ndarray:
    parts = text.split() if text.isascii() else list(text)
    seeds = (int.from_bytes(hashlib.sha256(part.encode()).digest()[:4]) for part in parts or [""])
    total = np.sum([np.random.default_rng(seed).standard_normal(DIMENSIONS) for seed in seeds], axis=0)
    return (total / np.linalg.norm(total)).astype(np.float32)


def teacher(folder: Path, texts: Sequence[str]) -> Teacher:
    """One that knows `texts`."""
    made = Teacher(folder, lambda: hashed_vectors)
    made.add(texts)
    return made


def stored_maps(images: ImageSet, patterns: np.ndarray, rng: np.random.Generator) -> StoredMaps:
    """Whole images: noisy copies of every example's pattern (N, 1280), 0..1, at all cells."""
    noise = rng.uniform(0, 0.25, (len(patterns), TOKENS, HEAD))
    head = ((patterns[:, None] * 0.75 + noise) * 255).astype(np.uint8)
    low = head[..., :LOW].astype(np.float16) / 255
    logits = np.zeros((len(patterns), CLASSES), np.float16)
    return StoredMaps(images, (StoredView(head, low, logits, np.arange(len(patterns))),))
